//! Real packets beside the types that are generated for them: files that `tsc` reads in the tests of the client.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Types, each with packets that serde wrote, and others that are none of the type.
pub(super) struct Packets {
    generator: SchemaGenerator,
    types: Vec<Type>,
}

struct Type {
    name: &'static str,
    schema: Value,
    packets: Vec<Value>,
    wrong: Vec<Value>,
}

impl Default for Packets {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self { generator: settings.for_serialize().into_generator(), types: Vec::new() }
    }
}

impl Packets {
    pub(super) fn of<T: Serialize + JsonSchema, const N: usize>(
        &mut self,
        name: &'static str,
        packets: &[T; N],
    ) -> &mut Self {
        let schema = self.generator.subschema_for::<T>().to_value();
        let packets =
            packets.iter().map(|packet| sorted(serde_json::to_value(packet).expect("serde writes it"))).collect();
        self.types.push(Type { name, schema, packets, wrong: Vec::new() });
        self
    }

    pub(super) fn but_not<const N: usize>(&mut self, wrong: [Value; N]) {
        self.types.last_mut().expect("a type").wrong = wrong.map(sorted).into();
    }

    /// A document with a route for each type.
    pub(super) fn document(&mut self) -> Value {
        let paths: Map<_, _> = self
            .types
            .iter()
            .map(|one| (path(one.name), json!({ "get": { "x-outflow": { "packet": one.schema } } })))
            .collect();
        json!({ "openapi": "3.2.0", "paths": paths, "components": { "schemas": self.generator.definitions() } })
    }

    /// A program that only compiles if each packet is of its type, and each wrong one is not.
    pub(super) fn program(&self) -> String {
        let mut text = "// Packets as serde writes them.\n\nimport type { RoutePacket } from 'outflow';\n".to_owned();
        for one in &self.types {
            let packet = format!("RoutePacket<'{}'>", path(one.name));
            text += &format!("\nexport const {}Packets: {packet}[] = [\n", one.name);
            for packet in &one.packets {
                text += &format!("  {packet},\n");
            }
            text += "];\n";
            for (number, wrong) in one.wrong.iter().enumerate() {
                text += "// @ts-expect-error: none of it\n";
                text += &format!("export const {}Not{number}: {packet} = {wrong};\n", one.name);
            }
        }
        text
    }
}

/// The value with the members of its objects in order, whatever the features of `serde_json`.
pub(super) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(members.into_iter().collect())
        }
        Value::Array(elements) => elements.into_iter().map(sorted).collect(),
        other => other,
    }
}

fn path(name: &str) -> String {
    format!("/shapes/{name}")
}

/// A file in the folder of the client's tests of types.
pub(super) fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../runtime/client/test/types/routes", name].iter().collect()
}

/// Compares a file, or writes it, as `TypeScript::keep` does.
pub(super) fn keep(name: &str, text: &str) {
    let path = file(name);
    if env::var_os("UPDATE_TYPES").is_some() {
        fs::write(&path, text).expect("the file can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "`{}` is out of date: write it with `UPDATE_TYPES=1`", path.display());
}
