//! The test that keeps a file of types fresh.

use std::{env, fs, io, path::Path, thread};

use super::TypeScript;

/// Writes the file where a test would only compare it.
const VARIABLE: &str = "UPDATE_TYPES";

impl TypeScript {
    /// Compares the types with a file, in a test that keeps it fresh. With `UPDATE_TYPES=1` in the environment it writes
    /// the file instead, and its folder.
    ///
    /// ```no_run
    /// # use outflow::{action, controller};
    /// # struct Chat;
    /// # #[controller]
    /// # impl Chat {
    /// #     #[action]
    /// #     async fn answer(&self) {
    /// #         self.stream("a");
    /// #     }
    /// # }
    /// # use outflow::Controller as _;
    /// #[test]
    /// fn the_types_of_the_page_are_fresh() {
    ///     Chat.openapi().typescript().keep("web/routes.d.ts");
    /// }
    /// ```
    ///
    /// A relative path begins in the package's folder, where cargo runs its tests.
    ///
    /// # Panics
    /// If the file has other types, or none. The message shows the first line that differs, and the command that writes
    /// the file. If the file cannot be written.
    #[track_caller]
    pub fn keep(&self, path: impl AsRef<Path>) {
        let writes = env::var_os(VARIABLE).is_some_and(|value| !value.is_empty() && value != "0");
        if let Err(problem) = self.kept(path.as_ref(), writes) {
            panic!("{problem}");
        }
    }

    fn kept(&self, path: &Path, writes: bool) -> Result<(), String> {
        let shown = path.display();
        let kept = match fs::read_to_string(path) {
            Ok(text) => Some(text.replace("\r\n", "\n")), // as git checks it out on Windows
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("`{shown}` cannot be read: {error}")),
        };
        if kept.as_deref() == Some(self.text()) {
            return Ok(());
        }
        if writes {
            return self.write(path).map_err(|error| format!("`{shown}` cannot be written: {error}"));
        }
        let difference = match kept {
            None => format!("`{shown}` does not exist"),
            Some(kept) => format!("`{shown}` is out of date: {}", difference(&kept, self.text())),
        };
        let current = thread::current();
        let test = current.name().filter(|name| *name != "main").unwrap_or_default();
        Err(format!("{difference}\n\nWrite it with:\n\n    {VARIABLE}=1 cargo test {test}\n"))
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, self.text())
    }
}

/// The first line that differs.
fn difference(kept: &str, fresh: &str) -> String {
    let (mut kept, mut fresh) = (kept.lines(), fresh.lines());
    for number in 1.. {
        match (kept.next(), fresh.next()) {
            (None, None) => break,
            (old, new) if old == new => {}
            (old, new) => {
                let [old, new] = [old, new].map(|line| line.unwrap_or("the end of the file"));
                return format!("line {number}\n\n  - {old}\n  + {new}");
            }
        }
    }
    "its line ends".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(text: &str) -> TypeScript {
        TypeScript(text.to_owned())
    }

    #[test]
    fn a_file_is_compared_and_written() {
        let folder = env::temp_dir().join(format!("outflow-types-{}", std::process::id()));
        let file = folder.join("web").join("routes.d.ts");
        let told = types("a\nb\n").kept(&file, false).unwrap_err();
        assert!(told.contains("routes.d.ts` does not exist"), "{told}");
        assert!(told.contains("UPDATE_TYPES=1 cargo test "), "{told}");
        assert!(told.contains("a_file_is_compared_and_written"), "{told}");

        types("a\nb\n").kept(&file, true).unwrap();
        types("a\nb\n").kept(&file, false).unwrap();
        let told = types("a\nc\n").kept(&file, false).unwrap_err();
        assert!(told.contains("is out of date: line 2\n\n  - b\n  + c\n"), "{told}");
        let told = types("a\n").kept(&file, false).unwrap_err();
        assert!(told.contains("line 2\n\n  - b\n  + the end of the file"), "{told}");

        fs::write(&file, "a\r\nb\r\n").unwrap();
        types("a\nb\n").kept(&file, false).unwrap();
        fs::write(&file, "a\nb").unwrap();
        assert!(types("a\nb\n").kept(&file, false).unwrap_err().contains("its line ends"));
        let told = types("a\n").kept(&folder, true).unwrap_err();
        assert!(told.contains("cannot be read"), "{told}");
        fs::remove_dir_all(folder).unwrap();
    }
}
