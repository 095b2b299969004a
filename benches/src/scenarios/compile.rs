//! The cost that a hundred streaming actions add to a build, with Outflow and by hand, and the same with a document of
//! OpenAPI, by hand with utoipa: CPU time of rustc, and the size of the library. What the crates depend on is built
//! before; only each crate itself is measured, from clean, in turns.

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
outflow = { path = "RUNTIME" FEATURES }
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", features = ["time"] }
EXTRA

[profile.dev]
incremental = false
"#;

/// The packets that both kinds of actions send.
const SHARED: &str = r"
pub use std::time::Duration;

#[derive(serde::Serialize DERIVE)]
pub struct Progress { pub step: u32, pub label: String }

";

pub(crate) fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kinds = [
        ("by hand", Needs::Nothing, by_hand()),
        ("outflow", Needs::Nothing, outflow()),
        ("nothing", Needs::Nothing, String::new()),
        ("utoipa", Needs::Utoipa, with_utoipa(&by_hand())),
        ("openapi", Needs::Openapi, with_items(&outflow())),
    ];
    let crates = kinds.map(|(name, needs, code)| Crate::write(root, name, needs, &code));
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
    let ratio = (medians[4] - empty).as_secs_f64() / (medians[3] - empty).as_secs_f64();
    println!("openapi / utoipa: CPU {ratio:.2}, rlib {:.2}", crates[4].size()? as f64 / crates[3].size()? as f64);
    Ok(())
}

/// The dependencies that a crate has besides those of every crate here.
#[derive(Clone, Copy)]
enum Needs {
    Nothing,
    Utoipa,
    Openapi,
}

impl Needs {
    /// The features of Outflow, more dependencies, and what the packets derive.
    fn texts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Nothing => ("", "", ""),
            Self::Utoipa => ("", "utoipa = \"6\"", ", utoipa::ToSchema"),
            Self::Openapi => (", features = [\"openapi\"]", "schemars = \"1.2\"", ", schemars::JsonSchema"),
        }
    }
}

/// A generated crate.
struct Crate {
    name: &'static str,
    folder: PathBuf,
    target: PathBuf,
}

impl Crate {
    fn write(root: &Path, name: &'static str, needs: Needs, code: &str) -> Result<Self> {
        let folder = root.join("target/compile").join(name.replace(' ', "-"));
        fs::create_dir_all(folder.join("src"))?;
        let runtime = root.join("../runtime").canonicalize()?;
        let (features, extra, derive) = needs.texts();
        let manifest = MANIFEST.replace("NAME", &name.replace(' ', "-")).replace("RUNTIME", &runtime.to_string_lossy());
        let manifest = manifest.replace("FEATURES", features).replace("EXTRA", extra);
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/lib.rs"), format!("{}{code}", SHARED.replace(" DERIVE", derive)))?;
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

/// The actions with the types of their packets, and their document.
fn with_items(outflow: &str) -> String {
    let mut code = String::new();
    let mut kinds = ["u32", "String", "Progress", "String"].iter().cycle();
    for line in outflow.lines() {
        let item = if line.contains("#[outflow::action") { kinds.next() } else { None };
        let line = match item {
            Some(item) if line.contains("action(") => line.replace("action(", &format!("action(item = {item}, ")),
            Some(item) => line.replace("action]", &format!("action(item = {item})]")),
            None => line.replace("self.stream(\"start\")", "self.stream(\"start\".to_owned())"),
        };
        code += &line;
        code.push('\n');
    }
    code + "\npub fn document() -> outflow::openapi::Document {\n    Bench.openapi()\n}\n"
}

/// The handlers with what utoipa needs to describe them, and their document.
fn with_utoipa(by_hand: &str) -> String {
    let mut code = String::new();
    let mut number = 0;
    for line in by_hand.lines() {
        if line.starts_with("async fn h") {
            let (path, params, body) = match number % 4 {
                0 => (format!("/bench/plain{number}"), "", "u32"),
                1 => (format!("/bench/arg{number}/{{n}}"), "params((\"n\" = u32, Path)), ", "String"),
                2 => (format!("/bench/wait{number}"), "", "Progress"),
                _ => (format!("/bench/fail{number}/{{n}}"), "params((\"n\" = u32, Path)), ", "String"),
            };
            code += &format!(
                "#[utoipa::path(get, path = \"{path}\", {params}responses((status = 200, description = \"The stream.\", content_type = \"text/event-stream\", body = {body}), (status = 409, description = \"The failure.\", body = String)))]\n"
            );
            number += 1;
        }
        code += line;
        code.push('\n');
    }
    let paths: Vec<_> = (0..number).map(|number| format!("h{number}")).collect();
    code += &format!("\n#[derive(utoipa::OpenApi)]\n#[openapi(paths({}))]\nstruct Api;\n", paths.join(", "));
    code + "\npub fn document() -> utoipa::openapi::OpenApi {\n    <Api as utoipa::OpenApi>::openapi()\n}\n"
}
