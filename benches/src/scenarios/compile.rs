//! The cost that a hundred streaming actions add to a build, with Outflow and by hand: CPU time of rustc, and the size of the
//! library. Both crates depend on the same things, which are built before; only the crate itself is measured, from
//! clean, in turns.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};

const ACTIONS: usize = 100;
const ROUNDS: usize = 5;

const MANIFEST: &str = r#"
[workspace]

[package]
name = "NAME"
version = "0.0.0"
edition = "2024"

[dependencies]
async-stream = "0.3.6"
axum = "0.8.9"
futures-core = "0.3"
outflow = { path = "RUNTIME" }
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", features = ["time"] }

[profile.dev]
incremental = false
"#;

/// The packets that both kinds of actions send.
const SHARED: &str = r"
pub use std::time::Duration;

#[derive(serde::Serialize)]
pub struct Progress { pub step: u32, pub label: String }

";

pub(crate) fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kinds = [("by hand", by_hand()), ("outflow", outflow()), ("nothing", String::new())];
    let crates = kinds.map(|(name, code)| Crate::write(root, name, &code));
    let crates = crates.into_iter().collect::<Result<Vec<_>>>()?;
    let mut times = vec![Vec::new(); crates.len()];
    for round in 0..=ROUNDS {
        for (of, times) in crates.iter().zip(&mut times) {
            let time = of.build()?;
            // The first one builds the dependencies too.
            if round > 0 {
                times.push(time);
            }
        }
    }
    let medians: Vec<_> = times.iter_mut().map(|times| median(times)).collect();
    let empty = medians[2];
    println!("compile: {ACTIONS} streaming actions, dev profile, median of {ROUNDS} builds in turns\n");
    println!("{:<10} {:>12} {:>12} {:>12}", "", "CPU", "less empty", "rlib");
    for (of, time) in crates.iter().zip(&medians) {
        let added = time.saturating_sub(empty);
        println!("{:<10} {time:>10.2?} {added:>10.2?} {:>10.2} MB", of.name, of.size()? as f64 / 1e6);
    }
    let ratio = (medians[1] - empty).as_secs_f64() / (medians[0] - empty).as_secs_f64();
    println!("\noutflow / by hand: CPU {ratio:.2}, rlib {:.2}", crates[1].size()? as f64 / crates[0].size()? as f64);
    Ok(())
}

/// A generated crate.
struct Crate {
    name: &'static str,
    folder: PathBuf,
    target: PathBuf,
}

impl Crate {
    fn write(root: &Path, name: &'static str, code: &str) -> Result<Self> {
        let folder = root.join("target/compile").join(name.replace(' ', "-"));
        fs::create_dir_all(folder.join("src"))?;
        let runtime = root.join("../runtime").canonicalize()?;
        let manifest = MANIFEST.replace("NAME", &name.replace(' ', "-")).replace("RUNTIME", &runtime.to_string_lossy());
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/lib.rs"), format!("{SHARED}{code}"))?;
        Ok(Self { name, folder, target: root.join("target/compile/target") })
    }

    /// The CPU time of a build of this crate alone.
    fn build(&self) -> Result<Duration> {
        fs::File::options()
            .append(true)
            .open(self.folder.join("src/lib.rs"))?
            .set_modified(std::time::SystemTime::now())?;
        let before = children()?;
        // One target folder for all, so that the dependencies are built once.
        let mut build = Command::new("cargo");
        build.args(["build", "--quiet"]).current_dir(&self.folder).env("CARGO_TARGET_DIR", &self.target);
        let status = build.status()?;
        ensure!(status.success(), "the crate `{}` did not build", self.name);
        Ok(children()?.saturating_sub(before))
    }

    fn size(&self) -> Result<u64> {
        let path = self.target.join(format!("debug/lib{}.rlib", self.name.replace(' ', "_")));
        Ok(fs::metadata(&path).with_context(|| format!("cannot read {}", path.display()))?.len())
    }
}

/// The CPU time of all children that have ended.
fn children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = |time: nix::sys::time::TimeVal| (time.tv_sec() * 1_000_000 + time.tv_usec()) as u64;
    Ok(Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time())))
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Four kinds of actions, over and over: none, an argument, a body that waits, one that can fail.
fn outflow() -> String {
    let mut code = String::from("pub struct Bench;\n\n#[outflow::controller]\nimpl Bench {\n");
    for i in 0..ACTIONS {
        code += &match i % 4 {
            0 => format!(
                "    #[outflow::action]\n    async fn plain{i}(&self) {{\n        for i in 0..{i} {{\n            self.stream(i);\n        }}\n    }}\n"
            ),
            1 => format!(
                "    #[outflow::action(path = \"/arg{i}/{{n}}\")]\n    async fn arg{i}(&self, n: u32) -> u32 {{\n        for i in 0..n {{\n            self.stream(format!(\"i={{i}}\"));\n        }}\n        n\n    }}\n"
            ),
            2 => format!(
                "    #[outflow::action]\n    async fn wait{i}(&self) {{\n        for step in 0..{i} {{\n            tokio::time::sleep(Duration::from_millis(10)).await;\n            self.stream(Progress {{ step, label: format!(\"step {{step}}\") }});\n        }}\n    }}\n"
            ),
            _ => format!(
                "    #[outflow::action(path = \"/fail{i}/{{n}}\")]\n    async fn fail{i}(&self, n: u32) -> Result<u32, (axum::http::StatusCode, String)> {{\n        self.stream(\"start\");\n        if n > {i} {{\n            return Err((axum::http::StatusCode::CONFLICT, \"too many\".to_owned()));\n        }}\n        Ok(n)\n    }}\n"
            ),
        };
    }
    code + "}\n\npub fn router() -> axum::Router {\n    outflow::Controller::into_router(Bench)\n}\n"
}

/// The same by hand, with the events that a client needs to tell an end from a cut.
fn by_hand() -> String {
    let mut code = String::from(
        "use std::convert::Infallible;\nuse async_stream::stream;\nuse axum::{extract::Path, response::sse::{Event, Sse}, routing::get};\nuse futures_core::Stream;\n\nfn json<T: serde::Serialize>(value: T) -> Result<Event, Infallible> {\n    Ok(Event::default().json_data(value).unwrap())\n}\n\n",
    );
    let mut routes = String::new();
    for i in 0..ACTIONS {
        let (path, handler) = match i % 4 {
            0 => (
                format!("/bench/plain{i}"),
                format!(
                    "async fn h{i}() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {{\n    Sse::new(stream! {{\n        for i in 0..{i} {{\n            yield json(i);\n        }}\n        yield Ok(Event::default().event(\"done\").data(\"\"));\n    }})\n}}\n"
                ),
            ),
            1 => (
                format!("/bench/arg{i}/{{n}}"),
                format!(
                    "async fn h{i}(Path(n): Path<u32>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {{\n    Sse::new(stream! {{\n        for i in 0..n {{\n            yield json(format!(\"i={{i}}\"));\n        }}\n        yield json(n).map(|event| event.event(\"done\"));\n    }})\n}}\n"
                ),
            ),
            2 => (
                format!("/bench/wait{i}"),
                format!(
                    "async fn h{i}() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {{\n    Sse::new(stream! {{\n        for step in 0..{i} {{\n            tokio::time::sleep(Duration::from_millis(10)).await;\n            yield json(Progress {{ step, label: format!(\"step {{step}}\") }});\n        }}\n        yield Ok(Event::default().event(\"done\").data(\"\"));\n    }})\n}}\n"
                ),
            ),
            _ => (
                format!("/bench/fail{i}/{{n}}"),
                format!(
                    "async fn h{i}(Path(n): Path<u32>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {{\n    Sse::new(stream! {{\n        yield json(\"start\");\n        if n > {i} {{\n            yield json(\"too many\").map(|event| event.event(\"error\"));\n            return;\n        }}\n        yield json(n).map(|event| event.event(\"done\"));\n    }})\n}}\n"
                ),
            ),
        };
        code += &handler;
        routes += &format!("        .route(\"{path}\", get(h{i}))\n");
    }
    code + "\npub fn router() -> axum::Router {\n    axum::Router::new()\n" + &routes + "}\n"
}
