use outflow::controller;

struct Jobs;

#[controller]
impl Jobs {}

fn main() {}
