//! The texts of a record and its fields: for serde, and for the columns of a database.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::error::UploadParseError;
use super::file_type::FileType;
use super::record::{Digest, Upload, UploadId};
use super::safe_name::SafeName;

/// Writes the JSON of one column.
impl fmt::Display for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// Reads the JSON of one column. A missing field is an error.
impl FromStr for Upload {
    type Err = UploadParseError;

    fn from_str(text: &str) -> Result<Self, UploadParseError> {
        serde_json::from_str(text).map_err(|_| UploadParseError::Record)
    }
}

/// The name is made safe again.
impl<'de> Deserialize<'de> for SafeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&Cow::<str>::deserialize(deserializer)?))
    }
}

impl Serialize for SafeName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Implements serde's traits by the text.
macro_rules! serde_as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )+};
}

serde_as_text!(UploadId, Digest, FileType);

/// Implements the conversions by which database drivers read a text column.
macro_rules! from_text_column {
    ($($type:ty),+) => {$(
        impl TryFrom<String> for $type {
            type Error = UploadParseError;

            fn try_from(text: String) -> Result<Self, UploadParseError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    )+};
}

from_text_column!(UploadId, Digest, FileType, Upload);
