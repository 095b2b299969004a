//! Rooms, the arrows between them, and what is wrong with those.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::imports::Import;

/// One module.
#[derive(Debug)]
pub(crate) struct File {
    /// As messages name it.
    pub(crate) path: String,
    pub(crate) module: Vec<String>,
    pub(crate) defines: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
}

/// The imports of one room from another, as `path:line`.
type Arrows = BTreeMap<(String, String), BTreeSet<String>>;

/// What the imports of a crate come to.
#[derive(Debug)]
pub(crate) struct Tree {
    rooms: BTreeSet<String>,
    arrows: Arrows,
    /// Imports through a facade, a sentence each.
    pub(crate) facades: Vec<String>,
    pub(crate) circles: Vec<Circle>,
}

/// Rooms that all depend on each other, and their arrows.
#[derive(Debug)]
pub(crate) struct Circle(Arrows);

impl Tree {
    pub(crate) fn new(files: &[File]) -> Self {
        let rooms = files.iter().filter_map(|file| file.module.first().cloned()).collect::<BTreeSet<_>>();
        let mut arrows = Arrows::new();
        let mut facades = Vec::new();
        for file in files {
            for Import { path, line } in &file.imports {
                let site = format!("{}:{line}", file.path);
                match path.first() {
                    // A room may import from itself as it likes.
                    Some(room) if file.module.first() == Some(room) => {}
                    Some(room) if rooms.contains(room) => {
                        if is_facade(files, path) {
                            facades.push(facade(&site, path));
                        }
                        arrows.entry((file.module[0].clone(), room.clone())).or_default().insert(site);
                    }
                    _ => facades.push(facade(&site, path)),
                }
            }
        }
        let circles = circles(&rooms, &arrows);
        Self { rooms, arrows, facades, circles }
    }

    pub(crate) fn numbers(&self) -> String {
        format!("{} rooms, {} arrows, {} circles", self.rooms.len(), self.arrows.len(), self.circles.len())
    }
}

/// Whether a path into another room stops at a name that the room's first file only hands on, or takes the whole room.
fn is_facade(files: &[File], path: &[String]) -> bool {
    let (room, name) = (&path[0], path.get(1));
    let is_folder = files.iter().any(|file| file.module.len() > 1 && &file.module[0] == room);
    let top = files.iter().find(|file| file.module.len() == 1 && &file.module[0] == room);
    let defines = |name: &String| top.is_some_and(|top| top.defines.contains(name));
    is_folder && !name.is_some_and(defines)
}

fn facade(site: &str, path: &[String]) -> String {
    format!("{site}: `crate::{}` goes through a facade", path.join("::"))
}

/// The largest sets of rooms in which each reaches every other.
fn circles(rooms: &BTreeSet<String>, arrows: &Arrows) -> Vec<Circle> {
    let reach: BTreeMap<_, _> = rooms.iter().map(|room| (room, reach(room, arrows))).collect();
    let mut circles: Vec<BTreeSet<&String>> = Vec::new();
    for (room, reached) in &reach {
        let circle: BTreeSet<_> = reached.iter().copied().filter(|other| reach[other].contains(room)).collect();
        if !circle.is_empty() && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    let within = |circle: BTreeSet<&String>| {
        let arrows = arrows.iter().filter(|((from, to), _)| circle.contains(from) && circle.contains(to));
        Circle(arrows.map(|(ends, sites)| (ends.clone(), sites.clone())).collect())
    };
    circles.into_iter().map(within).collect()
}

/// The rooms that one arrow or more lead to from here.
fn reach<'a>(room: &'a String, arrows: &'a Arrows) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![room];
    while let Some(from) = open.pop() {
        let next = arrows.keys().filter(|(start, _)| start == from).map(|(_, end)| end);
        open.extend(next.filter(|end| reached.insert(*end)));
    }
    reached
}

/// Its rooms, then its arrows with the imports they stand for: the weakest first, because those are easiest to turn.
impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rooms: BTreeSet<_> = self.0.keys().map(|(from, _)| from.as_str()).collect();
        write!(f, "a circle of {}: {}", rooms.len(), Vec::from_iter(rooms).join(", "))?;
        let mut arrows: Vec<_> = self.0.iter().collect();
        arrows.sort_by_key(|(_, sites)| sites.len());
        for ((from, to), sites) in arrows {
            let sites: Vec<_> = sites.iter().map(String::as_str).collect();
            write!(f, "\n    {from} -> {to}: {}", sites.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn tree(sources: &[(&str, &str)]) -> Tree {
        let files: Vec<_> = sources
            .iter()
            .map(|(path, source)| {
                let module: Vec<_> = path.trim_end_matches("/mod").split('/').map(str::to_owned).collect();
                file(source, format!("{path}.rs"), &module).unwrap()
            })
            .collect();
        Tree::new(&files)
    }

    #[test]
    fn files_are_folded_to_rooms_and_arrows_counted_once() {
        let tree = tree(&[
            ("run/mod", "pub mod log; pub struct Runs; use self::log::Log; use crate::run::log::Log as L;"),
            ("run/log", "use crate::{packet::Packet, format::sse};"),
            ("format/mod", "mod sse;"),
            ("format/sse", "use crate::packet::{self, Packet};"),
            ("packet", ""),
        ]);
        assert_eq!(tree.numbers(), "3 rooms, 3 arrows, 0 circles");
        assert_eq!(tree.facades, [""; 0]);
    }

    #[test]
    fn a_circle_names_its_imports_and_the_weakest_arrow_first() {
        let tree = tree(&[
            ("a", "use crate::b::B;\nfn f() { crate::b::f() }\nuse crate::d::D;"),
            ("b/mod", "mod c;"),
            ("b/c", "use crate::e::E;"),
            ("d", ""),
            ("e", "#[cfg(unix)]\nuse crate::a::A;"),
        ]);
        assert_eq!(tree.numbers(), "4 rooms, 4 arrows, 1 circles");
        assert_eq!(
            tree.circles[0].to_string(),
            "a circle of 3: a, b, e\n    b -> e: b/c.rs:1\n    e -> a: e.rs:2\n    a -> b: a.rs:1, a.rs:2",
        );
    }

    #[test]
    fn two_circles_stay_two() {
        let tree = tree(&[
            ("a", "use crate::b::B;"),
            ("b", "use crate::{a::A, c::C};"),
            ("c", "use crate::d::D;"),
            ("d", "use crate::c::C;"),
        ]);
        assert_eq!(tree.circles.len(), 2);
    }

    #[test]
    fn imports_through_facades_are_named() {
        let tree = tree(&[
            ("run/mod", "pub mod log; pub use self::log::Log; pub struct Runs;"),
            ("run/log", ""),
            ("packet", ""),
            (
                "a",
                "use crate::Packet;\nuse crate::run::{Log, Runs, log};\nuse super::run;\nuse crate::packet;\nfn f() { run::Log }",
            ),
        ]);
        assert_eq!(
            tree.facades,
            [
                "a.rs:1: `crate::Packet` goes through a facade",
                "a.rs:2: `crate::run::Log` goes through a facade",
                "a.rs:5: `crate::run::Log` goes through a facade",
            ],
        );
    }
}
