//! The shapes in which children come, told apart while they are read.

use super::many::Child;
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, de};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// What was sent for a relation.
pub(super) enum Sent<T> {
    Absent,
    Rows(Vec<Element<T>>),
    Wrong(&'static str),
}

/// What was sent for a child.
pub(super) enum Element<T> {
    Row(T),
    Wrong(&'static str),
}

/// Methods for every shape that is neither an object nor a list.
macro_rules! other_shapes {
    ($wrong:path, $empty:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("anything")
        }
        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok($empty("null"))
        }
        fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($wrong("a truth value"))
        }
        fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($wrong("a number"))
        }
        fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($wrong("a number"))
        }
        fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($wrong("a number"))
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(if text.trim().is_empty() {
                $empty("an empty text")
            } else {
                $wrong("a text")
            })
        }
    };
}

fn none<T>(_: &'static str) -> Sent<T> {
    Sent::Rows(Vec::new())
}

/// The object around the children.
pub(super) struct Wrapper<T>(pub(super) PhantomData<T>);

impl<'de, T: Deserialize<'de> + Child> Visitor<'de> for Wrapper<T> {
    type Value = Sent<T>;
    other_shapes!(Sent::Wrong, none);

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Rows(PhantomData).visit_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut sent = Sent::Absent;
        let mut strange = false;
        while let Some(key) = map.next_key_seed(KeySeed(T::KEY))? {
            if let Key::Children = key {
                sent = map.next_value_seed(Rows(PhantomData))?;
            } else {
                strange |= matches!(key, Key::Other);
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(match sent {
            // Something is there and it is not what we know: never taken for "no children".
            Sent::Absent if strange => Sent::Wrong("another object"),
            Sent::Absent => Sent::Rows(Vec::new()),
            sent => sent,
        })
    }
}

/// What stands under the inner key: one row, several, or none.
pub(super) struct Rows<T>(pub(super) PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Rows<T> {
    type Value = Sent<T>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Sent<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Rows<T> {
    type Value = Sent<T>;
    other_shapes!(Sent::Wrong, none);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element_seed(ElementSeed(PhantomData))? {
            rows.push(row);
        }
        Ok(Sent::Rows(rows))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // An object without anything in it is one more spelling of "none".
        let Some(first) = map.next_key_seed(FirstKey)? else {
            return Ok(Sent::Rows(Vec::new()));
        };
        let map = Started {
            first: Some(first),
            map,
        };
        let row = T::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Sent::Rows(vec![Element::Row(row)]))
    }
}

struct ElementSeed<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for ElementSeed<T> {
    type Value = Element<T>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Element<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ElementSeed<T> {
    type Value = Element<T>;
    other_shapes!(Element::Wrong, Element::Wrong);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Element::Wrong("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Element::Row)
    }
}

enum Key {
    Children,
    Attribute,
    Other,
}

struct KeySeed(&'static str);

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Key, E> {
        Ok(match key {
            key if key == self.0 => Key::Children,
            key if key.starts_with('@') => Key::Attribute,
            _ => Key::Other,
        })
    }
}

/// An object whose first key was already read.
struct Started<'de, A> {
    first: Option<Cow<'de, str>>,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Started<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(key) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

struct FirstKey;

impl<'de> DeserializeSeed<'de> for FirstKey {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for FirstKey {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: de::Error>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
