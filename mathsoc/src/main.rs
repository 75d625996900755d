//! Command line → config → database → migrate → serve.
fn main() {}
