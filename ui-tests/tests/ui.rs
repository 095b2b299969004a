//! What users read when they make a mistake, and what must go on compiling and working.
//!
//! Bless a change with `TRYBUILD=overwrite`, then read the diff as a user would.

/// Every case fails with exactly the text beside it.
#[test]
fn fail() {
    trybuild::TestCases::new().compile_fail("ui/*/*.rs");
}

/// Every case compiles, and its `main` runs to its end.
#[test]
fn pass() {
    trybuild::TestCases::new().pass("pass/*.rs");
}
