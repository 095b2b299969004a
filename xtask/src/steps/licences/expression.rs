//! The licences that we allow, for licence expressions such as `MIT OR Apache-2.0`.

use spdx::{Expression, LicenseReq, Licensee, ParseMode};

/// Licences that ask users of Outflow for nothing but to keep a notice.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "PSF-2.0",
    "Python-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Accepts the syntax of old manifests: `MIT/Apache-2.0`, and names such as `GPL-3.0`, so that they are refused by name.
const MODE: ParseMode = ParseMode { allow_slash_as_or_operator: true, allow_deprecated: true, ..ParseMode::STRICT };

/// The objection to a package's licence, if there is one.
pub(crate) fn objection(licence: Option<&str>) -> Option<String> {
    let Some(licence) = licence else {
        return Some("says no licence".to_owned());
    };
    match Expression::parse_mode(licence, MODE) {
        Ok(expression) if expression.evaluate(is_allowed) => None,
        Ok(_) => Some(format!("the licence `{licence}` is not allowed")),
        Err(error) => Some(format!("`{licence}` is not an SPDX expression: {}", error.reason)),
    }
}

fn is_allowed(wanted: &LicenseReq) -> bool {
    ALLOWED
        .iter()
        .map(|name| Licensee::parse(name).expect("`ALLOWED` holds SPDX names"))
        .any(|allowed| allowed.satisfies(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_expressions() {
        for licence in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "MIT OR LGPL-2.1-or-later",
            "GPL-3.0 OR ISC",
        ] {
            assert_eq!(objection(Some(licence)), None, "{licence}");
        }
    }

    #[test]
    fn other_expressions() {
        for licence in ["GPL-3.0", "MIT AND MPL-2.0", "MIT AND (MPL-2.0 OR GPL-2.0-only)", "MIT WITH LLVM-exception"] {
            assert_eq!(objection(Some(licence)).unwrap(), format!("the licence `{licence}` is not allowed"));
        }
    }

    #[test]
    fn no_licence_or_no_expression_is_an_objection() {
        assert_eq!(objection(None).unwrap(), "says no licence");
        let odd = objection(Some("SEE LICENSE IN EULA.txt")).unwrap();
        assert!(odd.starts_with("`SEE LICENSE IN EULA.txt` is not an SPDX expression: "));
    }
}
