use std::num::ParseIntError;

use anyhow::{Context as _, bail, ensure};
use axum::{http::StatusCode, response::IntoResponse};
use outflow::{action, controller};
use outflow_ui_tests::run;

#[derive(Debug, PartialEq)]
struct BadNumber;

impl IntoResponse for BadNumber {
    fn into_response(self) -> axum::response::Response {
        StatusCode::BAD_REQUEST.into_response()
    }
}

impl From<ParseIntError> for BadNumber {
    fn from(_: ParseIntError) -> Self {
        Self
    }
}

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/{words}")]
    async fn sum(&self, words: String) -> Result<u32, BadNumber> {
        let mut sum = 0;
        'words: for word in words.split(' ') {
            let mut left = 2;
            let number: u32 = loop {
                self.stream(word);
                left -= 1;
                if word == "skip" {
                    continue 'words;
                }
                if word == "stop" {
                    break 'words;
                }
                if left == 0 {
                    break word.parse()?;
                }
            };
            let Some(next) = u32::checked_add(sum, number) else {
                self.stream("overflow");
                return Err(BadNumber);
            };
            sum = next;
        }
        let end = 'end: {
            if sum > 3 {
                self.stream("large");
                break 'end;
            }
            self.stream("small")
        };
        assert_eq!(end, ());
        Ok(sum)
    }

    #[action(path = "/careful/{number}")]
    async fn careful(&self, number: i32) -> anyhow::Result<i32> {
        ensure!(number != 0, "zero, after {:?}", self.stream("ensured"));
        if number < 0 {
            self.stream("negative");
            bail!("{number} is negative");
        }
        let half = self.half(number).await.context("no half")?;
        while let Some(half) = Some(half).filter(|half| *half > 100) {
            self.stream(half);
            break;
        }
        Ok(half)
    }

    async fn half(&self, number: i32) -> anyhow::Result<i32> {
        self.stream("half");
        match number % 2 {
            0 => Ok(number / 2),
            _ => Err(anyhow::anyhow!("{number} is odd")),
        }
    }
}

fn main() {
    let sum = |words: &str| {
        let (packets, sum) = run(Jobs.sum(words.to_owned()));
        (packets.join(" "), sum)
    };
    assert_eq!(sum("1 skip 2 stop 4"), (r#""1" "1" "skip" "2" "2" "stop" "small""#.to_owned(), Ok(3)));
    assert_eq!(sum("4"), (r#""4" "4" "large""#.to_owned(), Ok(4)));
    assert_eq!(sum("4294967295 1").1, Err(BadNumber));
    assert_eq!(sum("x"), (r#""x" "x""#.to_owned(), Err(BadNumber)));

    let careful = |number: i32| {
        let (packets, half) = run(Jobs.careful(number));
        (packets.join(" "), half.map_err(|error| format!("{error:#}")))
    };
    assert_eq!(careful(2), (r#""half""#.to_owned(), Ok(1)));
    assert_eq!(careful(202), (r#""half" 101"#.to_owned(), Ok(101)));
    assert_eq!(careful(0), (r#""ensured""#.to_owned(), Err("zero, after ()".to_owned())));
    assert_eq!(careful(-1), (r#""negative""#.to_owned(), Err("-1 is negative".to_owned())));
    assert_eq!(careful(3).1, Err("no half: 3 is odd".to_owned()));
}
