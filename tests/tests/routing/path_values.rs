//! The value of a path parameter is the same, and as readable, as in axum's `Path`.

use std::{any::type_name, fmt::Debug, marker::PhantomData, net::IpAddr, num::NonZeroU8};

use axum::{Router, extract::Path, http::StatusCode, routing};
use outflow::{action, controller, test::Client};
use serde::{Deserialize, de::DeserializeOwned};

struct Reader<T>(PhantomData<fn() -> T>);

#[controller]
impl<T: DeserializeOwned + Debug + Send + Sync + 'static> Reader<T> {
    #[action(path = "/{value}")]
    async fn show(&self, value: T) -> String {
        format!("{value:?}")
    }
}

/// The text of a value; `None` if it was refused.
async fn shown(client: &Client, text: &str) -> Option<String> {
    let mut answer = client.get(&format!("/reader/{text}")).start();
    if answer.head().await.status() == StatusCode::BAD_REQUEST {
        return None;
    }
    Some(answer.text().await)
}

const TEXTS: [&str; 26] = [
    "0",
    "7",
    "+7",
    "-7",
    "007",
    "127",
    "128",
    "255",
    "256",
    "65536",
    "18446744073709551616",
    "1.5",
    "1e3",
    "NaN",
    "inf",
    "true",
    "false",
    "yes",
    "a",
    "ab",
    "%C5%BE",
    "%20",
    "very-high",
    "VeryHigh",
    "::1",
    "127.0.0.1",
];

async fn is_read_as_axum_does<T: DeserializeOwned + Debug + Send + Sync + 'static>() {
    let ours = Client::new(Reader::<T>(PhantomData));
    let handler = async |Path(value): Path<T>| format!("{value:?}");
    let theirs = Client::new(Router::new().route("/reader/{value}", routing::get(handler)));
    for text in TEXTS {
        let [ours, theirs] = [shown(&ours, text).await, shown(&theirs, text).await];
        assert_eq!(ours, theirs, "{text} as {}", type_name::<T>());
    }
}

#[derive(Debug, Deserialize)]
struct Id<T>(T);

#[derive(Debug, Deserialize)]
struct Unit;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    VeryHigh,
}

/// All kinds that axum's `Path` reads: neither numbers of 128 bits nor an `Option`.
#[tokio::test(start_paused = true)]
async fn a_parameter_is_read_as_axum_reads_it() {
    macro_rules! each {
        ($($type:ty),* $(,)?) => { $(is_read_as_axum_does::<$type>().await;)* };
    }
    each!(bool, char, String, i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f32, f64, NonZeroU8, IpAddr);
    each!(Id<u8>, Id<Id<String>>, Id<bool>, Level, Unit, ());
}
