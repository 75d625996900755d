//! The table of pairs: each pair is equal or different, as its line says.

use answers::compare;

use crate::table::table;

#[test]
fn every_pair_compares_as_listed() {
    let mut wrong = Vec::new();
    for (expected, given, equal, rules) in table() {
        let result = compare(&expected, &given, &rules);
        if result.is_equal() != equal {
            wrong.push(format!("{expected}  |  {given}  |  {rules}  =>  {result:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
