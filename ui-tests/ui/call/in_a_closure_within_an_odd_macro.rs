use outflow::{action, controller};

macro_rules! each {
    ($list:expr => $closure:expr) => {
        $list.into_iter().for_each($closure)
    };
}

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        each!(0..3 => |i| self.stream(i));
    }
}

fn main() {}
