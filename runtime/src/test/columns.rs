//! The names of a table's columns. The type that a test reads tells whether the first record holds them.

use csv::StringRecord;
use serde::{
    Deserializer,
    de::{DeserializeOwned, Error as _, Visitor, value::Error},
    forward_to_deserialize_any,
};

use super::{journal::Pages, received::Data};

/// The names of the columns, if the next packet is a record of a table and `T` is read by name. `None` if nothing has
/// come that could tell.
pub(super) fn names<T: DeserializeOwned>(pages: &mut Pages) -> Option<Option<StringRecord>> {
    let is_row = |pages: &Pages| {
        let (_, packet) = pages.packets.get(pages.packets_read)?;
        Some(matches!(packet.data, Data::Row(_)))
    };
    if !is_row(pages)? || !is_read_by_name::<T>() {
        return Some(None);
    }
    if pages.columns.is_none() {
        let Data::Row(record) = pages.next_packet()?.data else { return Some(None) };
        pages.columns = Some(record);
    }
    is_row(pages)?;
    Some(pages.columns.clone())
}

fn is_read_by_name<T: DeserializeOwned>() -> bool {
    let mut is_by_name = false;
    // The probe has no value to give, so this always fails.
    let _ = T::deserialize(Probe(&mut is_by_name));
    is_by_name
}

/// Notes whether it is asked for something with names.
struct Probe<'a>(&'a mut bool);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("a probe"))
    }

    fn deserialize_map<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        *self.0 = true;
        Err(Error::custom("a probe"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct enum identifier ignored_any
    }
}
