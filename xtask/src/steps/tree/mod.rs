//! The direction of dependencies inside the library crates: no circle between rooms, and no import through a facade.
//!
//! A *room* is a folder directly under `src`, or a file there that is no folder's. `lib.rs` is none: it is what users see,
//! so it names everything and nothing names it. An *arrow* leads from a room to one that it imports from, and a *circle*
//! is a set of rooms that all depend on each other, directly or through others.

mod imports;
mod rooms;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use proc_macro2::{TokenStream, TokenTree};

use self::imports::imports;
use self::rooms::{File, Tree};
use crate::cargo::root;

/// The folders of sources that are checked.
const SOURCES: [&str; 2] = ["runtime/src", "macros/src"];

pub(crate) fn run() -> Result<()> {
    let mut objections = Vec::new();
    for source in SOURCES {
        let mut files = Vec::new();
        read(&root().join(source), source, &[], &mut files)?;
        let tree = Tree::new(&files);
        println!("{source}: {}", tree.numbers());
        objections.extend(tree.facades);
        objections.extend(tree.circles.iter().map(|circle| circle.to_string()));
    }
    if !objections.is_empty() {
        bail!(
            "imports lead the wrong way\n  {}\n\
             import from the file that defines a name, and move what two rooms share into the lower of them",
            objections.join("\n  "),
        );
    }
    Ok(())
}

/// Reads every module below a folder. `shown` is the folder as messages name it.
fn read(dir: &Path, shown: &str, module: &[String], files: &mut Vec<File>) -> Result<()> {
    let context = || format!("cannot read `{shown}`");
    let mut entries = fs::read_dir(dir).with_context(context)?.collect::<Result<Vec<_>, _>>().with_context(context)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let shown = format!("{shown}/{name}");
        let stem = name.strip_suffix(".rs");
        let inner = [module, &[stem.unwrap_or(&name).to_owned()]].concat();
        if entry.path().is_dir() {
            read(&entry.path(), &shown, &inner, files)?;
        } else if let Some(stem) = stem.filter(|stem| *stem != "lib" && *stem != "tests") {
            let module = if stem == "mod" { module } else { &inner };
            let source = fs::read_to_string(entry.path()).with_context(|| format!("cannot read `{shown}`"))?;
            files.push(file(&source, shown, module)?);
        }
    }
    Ok(())
}

fn file(source: &str, path: String, module: &[String]) -> Result<File> {
    let tokens: TokenStream = source.parse().map_err(|error| anyhow::anyhow!("`{path}` is not Rust: {error}"))?;
    Ok(File { imports: imports(&tokens, module), defines: defined(tokens), module: module.to_vec(), path })
}

/// The names that are defined at the top of a file, and not only imported there.
fn defined(tokens: TokenStream) -> BTreeSet<String> {
    const KEYWORDS: [&str; 9] = ["const", "enum", "fn", "mod", "static", "struct", "trait", "type", "union"];
    let tokens: Vec<_> = tokens.into_iter().collect();
    let pairs = tokens.windows(2).filter_map(|pair| match pair {
        [TokenTree::Ident(keyword), TokenTree::Ident(name)] if KEYWORDS.iter().any(|word| keyword == word) => {
            Some(name.to_string())
        }
        _ => None,
    });
    pairs.collect()
}
