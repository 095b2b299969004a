//! A `serde` deserializer over the text of one path parameter.
//!
//! It reads single values as axum's `Path` does, and besides those an `Option` and numbers of 128 bits.

use serde::de::{
    Deserializer, Error as _, Visitor,
    value::{BorrowedStrDeserializer, Error},
};

/// The text of a parameter, decoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'de>(pub(super) &'de str);

/// Values that have a `FromStr` of their own.
macro_rules! parsed {
    ($($deserialize:ident $visit:ident)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.0.parse().map_err(Error::custom)?)
        }
    )*};
}

/// Values of several parts, which one parameter does not hold.
macro_rules! refused {
    ($($deserialize:ident($($argument:ty),*) $kind:literal)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, $(_: $argument,)* _: V) -> Result<V::Value, Error> {
            Err(Error::custom(concat!("a path parameter holds one value, not ", $kind)))
        }
    )*};
}

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = Error;

    parsed! {
        deserialize_bool visit_bool
        deserialize_i8 visit_i8
        deserialize_i16 visit_i16
        deserialize_i32 visit_i32
        deserialize_i64 visit_i64
        deserialize_i128 visit_i128
        deserialize_u8 visit_u8
        deserialize_u16 visit_u16
        deserialize_u32 visit_u32
        deserialize_u64 visit_u64
        deserialize_u128 visit_u128
        deserialize_f32 visit_f32
        deserialize_f64 visit_f64
        deserialize_char visit_char
    }

    refused! {
        deserialize_seq() "a sequence"
        deserialize_tuple(usize) "a tuple"
        deserialize_tuple_struct(&'static str, usize) "a tuple"
        deserialize_map() "a map"
        deserialize_struct(&'static str, &'static [&'static str]) "a struct"
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_bytes(self.0.as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.0))
    }

    serde::forward_to_deserialize_any! { str string identifier ignored_any }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, net::IpAddr, num::NonZeroU128};

    use serde::{Deserialize, de::DeserializeOwned};

    use super::Text;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Id<T>(T);

    #[derive(Debug, PartialEq, Deserialize)]
    struct Unit;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Level {
        VeryHigh,
    }

    fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
        T::deserialize(Text(text)).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_of_any_width() {
        assert_eq!(read(&u128::MAX.to_string()), Ok(u128::MAX));
        assert_eq!(read(&i128::MIN.to_string()), Ok(i128::MIN));
        assert_eq!(read("7"), Ok(Id(7_u128)));
        assert_eq!(read("-7"), Ok(Id(Id(-7_i128))));
        assert_eq!(read("7"), Ok(Some(7_u128)));
        assert_eq!(read("7"), Ok(NonZeroU128::new(7).unwrap()));
        assert_eq!(read("255"), Ok(255_u8));
        assert_eq!(read("1.5"), Ok(1.5_f32));
    }

    #[test]
    fn other_values() {
        assert_eq!(read("true"), Ok(true));
        assert_eq!(read("ž"), Ok('ž'));
        assert_eq!(read("7"), Ok("7".to_owned()));
        assert_eq!(read("::1"), Ok("::1".parse::<IpAddr>().unwrap()));
        assert_eq!(read("very-high"), Ok(Level::VeryHigh));
        assert_eq!(read("abc"), Ok(serde_json::json!("abc")));
        assert_eq!(read("anything"), Ok(()));
        assert_eq!(read("anything"), Ok(Unit));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let refused = |result: Result<u128, String>| result.unwrap_err();
        assert_eq!(refused(read("-1")), "invalid digit found in string");
        let boolean = read::<bool>("yes").unwrap_err();
        assert_eq!(boolean, "provided string was not `true` or `false`");
        assert_eq!(read::<Vec<u8>>("1").unwrap_err(), "a path parameter holds one value, not a sequence");
        let map = read::<HashMap<String, u8>>("1");
        assert_eq!(map.unwrap_err(), "a path parameter holds one value, not a map");
    }
}
