use outflow::controller;

#[controller]
async fn log() {}

fn main() {}
