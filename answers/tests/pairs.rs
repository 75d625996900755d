//! Pairs of answers, and whether they are the same.

use answers::compare;

use crate::table::table;

#[test]
fn every_pair_of_the_table_gets_its_verdict() {
    let mut wrong = Vec::new();
    for (expected, given, equal, rules) in table() {
        let verdict = compare(&expected, &given, &rules);
        if verdict.is_equal() != equal {
            wrong.push(format!("{expected}  |  {given}  |  {rules}  =>  {verdict:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
