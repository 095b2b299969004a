//! The records of `csv` (RFC 4180).

use axum::http::StatusCode;
use outflow::{action, controller, test::Client};
use serde::{Serialize, Serializer};

#[derive(Clone, Serialize)]
struct Person {
    name: &'static str,
    #[serde(rename = "lives in, now")]
    city: Option<&'static str>,
    age: u8,
}

fn person(name: &'static str) -> Person {
    Person { name, city: None, age: 7 }
}

#[derive(Serialize)]
struct Only {
    note: Option<u8>,
}

#[derive(Serialize)]
struct Tagged {
    #[serde(flatten)]
    person: Person,
}

#[derive(Serialize)]
struct Marks {
    marks: Option<Vec<u8>>,
    rest: u8,
}

/// A list that panics behind its first field.
struct Half;

impl Serialize for Half {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..3).map(|i| if i < 2 { "half" } else { panic!("a secret") }))
    }
}

struct Rows;

#[controller]
impl Rows {
    #[action]
    async fn people(&self) {
        self.stream(person("plain"));
        self.stream(person("with, comma"));
        self.stream(person("with \"quotes\""));
        self.stream(person("with\rtwo\nbreaks"));
        self.stream(person(" spaces ž "));
        self.stream(person(""));
        self.stream(Person { city: Some("Brno"), ..person("Ann") });
    }

    #[action]
    async fn nothing_but_none(&self) {
        self.stream(Only { note: None });
        self.stream(Only { note: Some(1) });
        self.stream(None::<u8>);
    }

    #[action]
    async fn tuples(&self) {
        self.stream((1, "a", true));
        self.stream([4, 5, 6]);
        self.stream(vec![Some("x"), None, Some("z")]);
    }

    #[action]
    async fn scalars(&self) {
        self.stream("text");
        self.stream(1.5);
        self.stream('x');
        self.stream(u64::MAX);
    }

    /// No header comes later.
    #[action]
    async fn tuple_then_struct(&self) {
        self.stream((1, 2, 3));
        self.stream(person("Ann"));
    }

    #[action(path = "/unequal/{fields}")]
    async fn unequal(&self, fields: usize) {
        self.stream(person("Ann"));
        self.stream(person("Bob"));
        self.stream(vec!["x"; fields]);
        self.stream("never");
    }

    /// A list within a later record would move what is behind it under other names.
    #[action]
    async fn nested_later(&self) {
        self.stream(Marks { marks: None, rest: 0 });
        self.stream(Marks { marks: Some(vec![]), rest: 1 });
    }

    #[action]
    async fn flattened(&self) {
        self.stream(Tagged { person: person("Ann") });
        self.stream(person("Bob"));
    }

    /// A spawned task breaks off within a record, before or after a whole one.
    #[action(path = "/torn/{first}")]
    async fn torn(&self, first: bool) {
        if !first {
            self.stream(["a"; 5]);
        }
        let emitter = self.emitter();
        let broken = tokio::spawn(async move { emitter.send(Half).await });
        assert!(broken.await.unwrap_err().is_panic());
        self.stream(["d", "e", "f"]);
    }
}

fn client() -> Client {
    Client::new(Rows).accept("text/csv")
}

/// The body of a stream that ends well.
async fn whole(path: &str) -> String {
    client().get(path).start().text().await
}

/// The body of a stream that is cut.
async fn cut(path: &str) -> String {
    let client = client();
    let mut answer = client.get(path).start();
    answer.cut().await;
    String::from_utf8(answer.wire().await.into()).unwrap()
}

fn lines(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

#[tokio::test(start_paused = true)]
async fn the_first_record_names_the_fields_and_quotes_stand_where_they_must() {
    let expected = lines(&[
        "name,\"lives in, now\",age",
        "plain,,7",
        "\"with, comma\",,7",
        "\"with \"\"quotes\"\"\",,7",
        "\"with\rtwo\nbreaks\",,7",
        " spaces ž ,,7",
        ",,7",
        "Ann,Brno,7",
    ]);
    assert_eq!(whole("/rows/people").await, expected);
}

/// Otherwise the record would be an empty line, which readers skip.
#[tokio::test(start_paused = true)]
async fn a_record_of_one_empty_field_is_quoted() {
    assert_eq!(whole("/rows/nothing-but-none").await, lines(&["note", "\"\"", "1", "\"\""]));
}

#[tokio::test(start_paused = true)]
async fn rows_without_names_have_no_header() {
    assert_eq!(whole("/rows/tuples").await, lines(&["1,a,true", "4,5,6", "x,,z"]));
    assert_eq!(whole("/rows/scalars").await, lines(&["text", "1.5", "x", "18446744073709551615"]));
    assert_eq!(whole("/rows/tuple-then-struct").await, lines(&["1,2,3", "Ann,,7"]));
}

#[tokio::test(start_paused = true)]
async fn a_record_of_another_length_is_refused() {
    for fields in [0, 1, 2, 4] {
        let before = lines(&["name,\"lives in, now\",age", "Ann,,7", "Bob,,7"]);
        assert_eq!(cut(&format!("/rows/unequal/{fields}")).await, before, "{fields}");
    }
    assert_eq!(cut("/rows/nested-later").await, lines(&["marks,rest", ",0"]));
}

#[tokio::test(start_paused = true)]
async fn flattened_fields_are_columns() {
    assert_eq!(whole("/rows/flattened").await, lines(&["name,\"lives in, now\",age", "Ann,,7", "Bob,,7"]));
}

/// Even where the two together have the right number of fields.
#[tokio::test(start_paused = true)]
async fn a_record_that_broke_off_is_never_sent_with_the_next_one() {
    assert_eq!(cut("/rows/torn/false").await, lines(&["a,a,a,a,a"]));
    let client = client();
    let mut answer = client.get("/rows/torn/true").start();
    assert_eq!(answer.failed().await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let problem = "{\"status\":500,\"title\":\"Internal Server Error\",\"type\":\"about:blank\"}";
    assert_eq!(answer.wire().await, problem);
}
