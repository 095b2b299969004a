use outflow::action;

#[action]
async fn log() {}

fn main() {}
