//! The name of an enum's variant, as serde writes it, for `event = tag`. It is read from the calls that the value's
//! `Serialize` makes, since the JSON alone does not say which string in it is a tag.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{self, Impossible},
};

/// The name of the value's variant.
///
/// # Errors
/// If serde writes the value without one.
pub(crate) fn tag<T: Serialize + ?Sized>(value: &T) -> Result<String, NoTag> {
    value.serialize(Whole)
}

/// The error of a value without the name of a variant.
#[derive(Debug)]
pub(crate) struct NoTag;

impl fmt::Display for NoTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "`event = tag` names each event after the variant of an enum, and serde writes none for this packet: send an \
             enum that is not `untagged`, or a `Packet` with `.event(..)`, or remove `event = tag`",
        )
    }
}

impl std::error::Error for NoTag {}

impl ser::Error for NoTag {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Refuses values without a variant.
macro_rules! refuse {
    ($($method:ident($($ty:ty),*) $(-> $ok:ty)?;)*) => {
        $(fn $method(self, $(_: $ty),*) -> refuse!(@result $($ok)?) { Err(NoTag) })*
    };
    (@result) => { Result<Self::Ok, NoTag> };
    (@result $ok:ty) => { Result<$ok, NoTag> };
}

macro_rules! refuse_scalars {
    () => {
        refuse! {
            serialize_bool(bool);
            serialize_i8(i8);
            serialize_i16(i16);
            serialize_i32(i32);
            serialize_i64(i64);
            serialize_i128(i128);
            serialize_u8(u8);
            serialize_u16(u16);
            serialize_u32(u32);
            serialize_u64(u64);
            serialize_u128(u128);
            serialize_f32(f32);
            serialize_f64(f64);
            serialize_char(char);
            serialize_bytes(&[u8]);
            serialize_none();
            serialize_unit();
            serialize_unit_struct(&'static str);
            serialize_seq(Option<usize>) -> Self::SerializeSeq;
            serialize_tuple(usize) -> Self::SerializeTuple;
            serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        }
    };
}

/// Reads the tag of a whole packet.
struct Whole;

impl Serializer for Whole {
    type Ok = String;
    type Error = NoTag;
    type SerializeSeq = Impossible<String, NoTag>;
    type SerializeTuple = Impossible<String, NoTag>;
    type SerializeTupleStruct = Impossible<String, NoTag>;
    type SerializeTupleVariant = Variant;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Variant;

    refuse_scalars!();
    refuse! { serialize_str(&str); }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<String, NoTag> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<String, NoTag> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<String, NoTag> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<String, NoTag> {
        Ok(variant.to_owned())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant, NoTag> {
        Ok(Variant(variant))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant, NoTag> {
        Ok(Variant(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members, NoTag> {
        Ok(Members { ty: "", tag: None })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members, NoTag> {
        Ok(Members { ty: name, tag: None })
    }
}

/// A variant of an externally tagged enum, whose fields do not matter.
struct Variant(&'static str);

impl ser::SerializeTupleVariant for Variant {
    type Ok = String;
    type Error = NoTag;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), NoTag> {
        Ok(())
    }

    fn end(self) -> Result<String, NoTag> {
        Ok(self.0.to_owned())
    }
}

impl ser::SerializeStructVariant for Variant {
    type Ok = String;
    type Error = NoTag;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, _: &T) -> Result<(), NoTag> {
        Ok(())
    }

    fn end(self) -> Result<String, NoTag> {
        Ok(self.0.to_owned())
    }
}

/// The members of an object. Where an enum is tagged internally or adjacently, the first one is the tag.
struct Members {
    /// The name of the type, if it is a struct or an enum.
    ty: &'static str,
    tag: Option<String>,
}

impl Members {
    fn member<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoTag> {
        if self.tag.is_none() {
            // The derive writes an internal tag as a bare `str`; a field of the user's that holds text has a sized type.
            let is_bare = size_of::<&T>() > size_of::<usize>();
            self.tag = Some(value.serialize(First { ty: self.ty, is_bare })?);
        }
        Ok(())
    }
}

impl ser::SerializeStruct for Members {
    type Ok = String;
    type Error = NoTag;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), NoTag> {
        self.member(value)
    }

    fn end(self) -> Result<String, NoTag> {
        self.tag.ok_or(NoTag)
    }
}

impl ser::SerializeMap for Members {
    type Ok = String;
    type Error = NoTag;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), NoTag> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoTag> {
        self.member(value)
    }

    fn end(self) -> Result<String, NoTag> {
        self.tag.ok_or(NoTag)
    }
}

/// Reads the first member of an object, if it is a tag.
struct First {
    ty: &'static str,
    is_bare: bool,
}

impl Serializer for First {
    type Ok = String;
    type Error = NoTag;
    type SerializeSeq = Impossible<String, NoTag>;
    type SerializeTuple = Impossible<String, NoTag>;
    type SerializeTupleStruct = Impossible<String, NoTag>;
    type SerializeTupleVariant = Impossible<String, NoTag>;
    type SerializeMap = Impossible<String, NoTag>;
    type SerializeStruct = Impossible<String, NoTag>;
    type SerializeStructVariant = Impossible<String, NoTag>;

    refuse_scalars!();
    refuse! {
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    /// The tag of an internally tagged enum.
    fn serialize_str(self, text: &str) -> Result<String, NoTag> {
        if self.is_bare { Ok(text.to_owned()) } else { Err(NoTag) }
    }

    /// The tag of an adjacently tagged enum, which is a variant of the enum's own name. An enum in a field of a struct
    /// has another name.
    fn serialize_unit_variant(self, ty: &'static str, _: u32, variant: &'static str) -> Result<String, NoTag> {
        if ty == self.ty { Ok(variant.to_owned()) } else { Err(NoTag) }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<String, NoTag> {
        Err(NoTag)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<String, NoTag> {
        Err(NoTag)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, NoTag> {
        Err(NoTag)
    }
}
