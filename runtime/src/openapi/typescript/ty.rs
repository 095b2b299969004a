//! A TypeScript type, before it is text.

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ty {
    Unknown,
    Never,
    /// A type that is one word, or a literal: `string`, `'sent'`, `null`, the name of a declaration.
    Word(String),
    Array(Box<Ty>),
    /// The elements, and the type of those after them.
    Tuple(Vec<Ty>, Option<Box<Ty>>),
    Object(Object),
    Union(Vec<Branch>),
    Intersection(Vec<Ty>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object {
    pub(super) members: Vec<Member>,
    /// The type of the members that have no name here.
    pub(super) rest: Option<Box<Ty>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) is_optional: bool,
    pub(super) ty: Ty,
    pub(super) doc: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Branch {
    pub(super) ty: Ty,
    pub(super) doc: Vec<String>,
}

impl Ty {
    pub(super) fn word(text: impl Into<String>) -> Self {
        Self::Word(text.into())
    }

    /// One of these. A branch that takes everything makes the others pointless.
    pub(super) fn union(branches: impl IntoIterator<Item = Branch>) -> Self {
        let mut all: Vec<Branch> = Vec::new();
        for branch in branches {
            let nested = match branch {
                Branch { ty: Self::Union(nested), .. } => nested,
                one => vec![one],
            };
            for branch in nested {
                if branch.ty == Self::Unknown {
                    return Self::Unknown;
                }
                if branch.ty != Self::Never && all.iter().all(|other| other.ty != branch.ty) {
                    all.push(branch);
                }
            }
        }
        match all.len() {
            0 => Self::Never,
            1 => all.remove(0).ty,
            _ => Self::Union(all),
        }
    }

    pub(super) fn union_of(types: impl IntoIterator<Item = Self>) -> Self {
        Self::union(types.into_iter().map(|ty| Branch { ty, doc: Vec::new() }))
    }

    /// All of these at once. Objects without a member in common become one.
    pub(super) fn intersection(types: impl IntoIterator<Item = Self>) -> Self {
        let mut all: Vec<Self> = Vec::new();
        for ty in types {
            let nested = match ty {
                Self::Intersection(nested) => nested,
                Self::Unknown => continue,
                Self::Never => return Self::Never,
                one => vec![one],
            };
            for ty in nested {
                if all.contains(&ty) {
                    continue;
                }
                match (all.last_mut(), ty) {
                    (Some(Self::Object(last)), Self::Object(object)) if last.is_apart_from(&object) => {
                        last.members.extend(object.members);
                    }
                    (_, ty) => all.push(ty),
                }
            }
        }
        match all.len() {
            0 => Self::Unknown,
            1 => all.remove(0),
            _ => Self::Intersection(all),
        }
    }
}

impl Object {
    fn is_apart_from(&self, other: &Self) -> bool {
        self.rest.is_none()
            && other.rest.is_none()
            && !self.members.iter().any(|one| other.members.iter().any(|another| one.name == another.name))
    }
}
