use outflow::controller;

#[controller]
pub struct Jobs;

fn main() {}
