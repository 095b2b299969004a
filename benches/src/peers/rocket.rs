//! Rocket's `EventStream`.

use std::{future::pending, io::Write as _, net::Ipv4Addr};

use anyhow::Result;
use rocket::{
    Config,
    config::LogLevel,
    fairing::AdHoc,
    get,
    response::stream::{Event, EventStream},
    routes,
};
use serde::Serialize;
use tokio::time::interval;

use super::PERIOD;
use crate::clock;

fn event<T: Serialize>(packet: &T) -> Event {
    Event::data(serde_json::to_string(packet).expect("strings and numbers can be written"))
}

// Its heartbeat begins with an empty event, which would be one packet more; only `idle` has it.

#[get("/burst/<n>")]
fn burst(n: u32) -> EventStream![] {
    EventStream! {
        for i in 0..n {
            yield event(&format!("i={i}"));
        }
    }
    .heartbeat(None)
}

#[get("/sparse/<n>")]
fn sparse(n: u32) -> EventStream![] {
    EventStream! {
        let mut every = interval(PERIOD);
        for _ in 0..n {
            every.tick().await;
            yield event(&clock::now());
        }
    }
    .heartbeat(None)
}

#[get("/idle")]
fn idle() -> EventStream![] {
    EventStream! {
        yield event(&"open");
        pending::<()>().await;
    }
}

pub(crate) async fn serve() -> Result<()> {
    let config =
        Config { address: Ipv4Addr::LOCALHOST.into(), port: 0, log_level: LogLevel::Off, ..Config::release_default() };
    let tell = AdHoc::on_liftoff("address", |rocket| {
        Box::pin(async move {
            println!("{}:{}", rocket.config().address, rocket.config().port);
            // Rocket's own runtime may not end the line for us.
            let _ = std::io::stdout().flush();
        })
    });
    rocket::custom(config).mount("/bench", routes![burst, sparse, idle]).attach(tell).launch().await?;
    Ok(())
}
