//! The test client, `outflow::test`: what a test can do with it, and how it fails.

mod ends;
mod requests;
mod rules;
mod scenarios;
