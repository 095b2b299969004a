//! `head.download(..)`: the name of the file, with the extension of the format that was picked.

use bytes::Bytes;
use outflow::{Head, HeadError, Packet, action, controller, test::Client};

struct Orders;

#[controller]
impl Orders {
    #[action(path = "/export/{name}", formats(csv, ndjson, json, text, sse, hazaar, query = "format"))]
    async fn export(&self, name: String, head: Head) -> Result<(), HeadError> {
        head.download(name)?;
        self.stream((1, "one"));
        Ok(())
    }

    #[action(formats(bytes))]
    async fn archive(&self, head: Head) -> Result<(), HeadError> {
        head.download("orders.tar.gz")?;
        self.stream(Packet::bytes(Bytes::from_static(b"\x1f\x8b")));
        Ok(())
    }

    #[action(formats(csv))]
    async fn inline(&self, head: Head) -> Result<(), HeadError> {
        head.download("never")?;
        head.insert("content-disposition", "inline")?;
        assert!(head.append("content-disposition", "attachment").is_err());
        self.stream(1);
        Ok(())
    }
}

async fn disposition(path: &str) -> Option<String> {
    let client = Client::new(Orders);
    let mut answer = client.get(path).start();
    let head = answer.head().await;
    answer.wire().await;
    head.headers().get("content-disposition").map(|value| value.to_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn the_extension_is_that_of_the_format() {
    for (format, expected) in [
        ("csv", Some("attachment; filename=\"orders.csv\"")),
        ("ndjson", Some("attachment; filename=\"orders.ndjson\"")),
        ("json", Some("attachment; filename=\"orders.json\"")),
        ("text", Some("attachment; filename=\"orders.txt\"")),
        // Programs read these, and never save them.
        ("sse", None),
        ("hazaar", None),
    ] {
        for name in ["orders", "orders.csv"] {
            let disposition = disposition(&format!("/orders/export/{name}?format={format}")).await;
            assert_eq!(disposition.as_deref(), expected, "{name} {format}");
        }
    }
    let archive = disposition("/orders/archive").await;
    assert_eq!(archive.as_deref(), Some("attachment; filename=\"orders.tar.gz\""));
}

#[tokio::test(start_paused = true)]
async fn a_name_from_a_request_leads_nowhere_else() {
    let disposition = disposition("/orders/export/..%2F%C5%BElu%C5%A5%22%0D%0Aset-cookie:%20a=1").await;
    assert_eq!(
        disposition.as_deref(),
        Some(
            "attachment; filename=\"__lu____set-cookie_ a=1.csv\"; filename*=UTF-8''_%C5%BElu%C5%A5___set-cookie_%20a%3D1.csv"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_disposition_of_ones_own_wins() {
    assert_eq!(disposition("/orders/inline").await.as_deref(), Some("inline"));
}

#[test]
fn a_name_of_which_nothing_is_left_is_refused() {
    for name in ["", " ", "...", " . "] {
        let error = Head::new().download(name).unwrap_err().to_string();
        assert_eq!(error, format!("{name:?} is no name for a file: give one with a letter or a digit"));
    }
}
