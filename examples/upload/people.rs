//! The rules for a row of people.

use std::{
    fs::File,
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use csv::{ByteRecord, Reader};
use serde::Serialize;

use crate::spool::Spooled;

const COLUMNS: [&str; 3] = ["name", "email", "age"];

/// Rows of more bytes are refused.
const LONGEST_ROW: u64 = 1024 * 1024;

/// Time between two reports of progress.
const PACE: Duration = Duration::from_millis(100);

/// One packet: a bad row, or how far the check has come.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Found {
    Bad { line: u64, problem: String },
    Progress { rows: u64, share: f64 },
}

/// The result.
#[derive(Serialize)]
pub struct Summary {
    rows: u64,
    bad: u64,
    seconds: f64,
}

/// The reason that a file was refused.
pub enum Refused {
    /// The header line names other columns.
    Columns(String),
    /// A row has no end, most likely because a quote has none.
    Endless { line: u64 },
    /// The check itself failed.
    Broken,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Columns(found) => {
                let wanted = COLUMNS.join(",");
                let text = format!("The first line must be `{wanted}`, and it is `{found}`.");
                (StatusCode::UNPROCESSABLE_ENTITY, text).into_response()
            }
            Self::Endless { line } => {
                let text = format!("The row of line {line} is longer than a megabyte: is a quote missing its end?");
                (StatusCode::UNPROCESSABLE_ENTITY, text).into_response()
            }
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// Checks row by row. `tell` returns whether anybody is still listening.
pub fn check(upload: Spooled, mut tell: impl FnMut(Found) -> bool) -> Result<Summary, Refused> {
    let start = Instant::now();
    let reach = Arc::<Reach>::default();
    let bounded = Bounded { file: upload.file, reach: reach.clone() };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bounded);
    reach.allow_a_row();
    check_columns(&mut reader)?;

    let mut summary = Summary { rows: 0, bad: 0, seconds: 0.0 };
    let mut told = start;
    let mut row = ByteRecord::new();
    loop {
        reach.allow_a_row();
        let line = reader.position().line();
        if !reader.read_byte_record(&mut row).map_err(|_| reach.refused(line))? {
            break;
        }
        summary.rows += 1;
        let mut goes_on = true;
        if let Err(problem) = check_row(&row) {
            summary.bad += 1;
            goes_on = tell(Found::Bad { line, problem });
        }
        if told.elapsed() > PACE {
            told = Instant::now();
            let share = reach.read.load(Ordering::Relaxed) as f64 / upload.length as f64;
            goes_on = goes_on && tell(Found::Progress { rows: summary.rows, share });
        }
        if !goes_on {
            break;
        }
    }
    summary.seconds = start.elapsed().as_secs_f64();
    Ok(summary)
}

fn check_columns<R: Read>(reader: &mut Reader<R>) -> Result<(), Refused> {
    let found = reader.byte_headers().map_err(|_| Refused::Endless { line: 1 })?;
    let names = || found.iter().map(|name| String::from_utf8_lossy(name).trim().to_lowercase());
    if names().eq(COLUMNS) {
        return Ok(());
    }
    let mut found = names().collect::<Vec<_>>().join(",");
    if let Some((end, _)) = found.char_indices().nth(80) {
        found.replace_range(end.., "…");
    }
    Err(Refused::Columns(found))
}

fn check_row(row: &ByteRecord) -> Result<(), String> {
    if row.len() != COLUMNS.len() {
        return Err(format!("{} fields instead of {}", row.len(), COLUMNS.len()));
    }
    let text = |index: usize| {
        let bytes = row.get(index).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", COLUMNS[index]))
    };
    let (name, email, age) = (text(0)?, text(1)?, text(2)?);
    if name.trim().is_empty() {
        return Err("no name".to_owned());
    }
    if !email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.')) {
        return Err(format!("“{}” is no email address", shortened(email)));
    }
    match age.parse() {
        Ok(0..=150_u32) => Ok(()),
        _ => Err(format!("“{}” is no age", shortened(age))),
    }
}

/// A field may be as long as the file.
fn shortened(field: &str) -> String {
    let mut text: String = field.chars().take(40).collect();
    if text.len() < field.len() {
        text.push('…');
    }
    text
}

/// Bytes read from a file, and the limit up to which it may be read: a whole row is held in memory.
#[derive(Default)]
struct Reach {
    read: AtomicU64,
    limit: AtomicU64,
}

impl Reach {
    fn allow_a_row(&self) {
        self.limit.store(self.read.load(Ordering::Relaxed) + LONGEST_ROW, Ordering::Relaxed);
    }

    /// The reason that reading failed.
    fn refused(&self, line: u64) -> Refused {
        match self.read.load(Ordering::Relaxed) >= self.limit.load(Ordering::Relaxed) {
            true => Refused::Endless { line },
            false => Refused::Broken,
        }
    }
}

struct Bounded {
    file: File,
    reach: Arc<Reach>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Reach { read, limit } = &*self.reach;
        if read.load(Ordering::Relaxed) >= limit.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let length = self.file.read(buffer)?;
        read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}
