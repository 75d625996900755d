//! The macro that declares a table of settings, with its struct and its reader.

/// Declares a struct of settings. Each entry becomes a field and a [`Setting`].
///
/// ```text
/// settings! {
///     /// The settings of the shop.
///     pub struct Shop, read(reader, data_dir: &Path) {
///         /// The number of customers at a time.
///         pub customers: u16 = SHOP_CUSTOMERS { write: "a number", default: Always("20") },
///         /// The folder of receipts.
///         pub receipts: PathBuf = SHOP_RECEIPTS {
///             default: Computed("the folder receipts in DATA_DIR"),
///         } or data_dir.join("receipts"),
///     }
///     computed {
///         /// A value that is no setting of its own.
///         pub is_small: bool = customers < 5,
///     }
/// }
/// ```
///
/// - The doc comment is also the meaning in `.env.example`.
/// - The name after `=` is the variable. It becomes a constant, for use in `rules.rs`.
/// - The braces hold the fields of [`Setting`]. Only `default` is required, and `write` for types
///   that have no `Value::WRITE`.
/// - `or` gives the default value of a `Computed` default. It can use the fields above it.
/// - The macro generates `read`, which reads the settings in this order, and the list `TABLE`.
macro_rules! settings {
    (
        $(#[$attribute:meta])*
        pub struct $Table:ident, read($reader:ident $(, $input:ident: $Input:ty)*) {
            $(
                $(#[doc = $meaning:literal])+
                $vis:vis $field:ident: $Type:ty = $NAME:ident {
                    $($key:ident: $value:expr),* $(,)?
                } $(or $default:expr)?,
            )*
        }
        $(computed {
            $(
                $(#[doc = $doc:literal])+
                $computed_vis:vis $computed:ident: $Computed:ty = $computation:expr,
            )*
        })?
    ) => {
        $(
            pub(super) const $NAME: &$crate::config::Setting = &$crate::config::Setting {
                name: stringify!($NAME),
                meaning: concat!($($meaning),+),
                $($key: $value,)*
                ..$crate::config::Setting::of::<$Type>()
            };
        )*

        $(#[$attribute])*
        #[derive(Clone, Debug)]
        pub struct $Table {
            $($(#[doc = $meaning])+ $vis $field: $Type,)*
            $($($(#[doc = $doc])+ $computed_vis $computed: $Computed,)*)?
        }

        impl $Table {
            pub(super) const TABLE: &[&$crate::config::Setting] = &[$($NAME),*];

            pub(super) fn read(
                $reader: &mut $crate::config::reader::Reader<'_>,
                $($input: $Input,)*
            ) -> Self {
                $(let $field: $Type = settings!(@read $reader $NAME $($default)?);)*
                $($(let $computed: $Computed = $computation;)*)?
                Self { $($field,)* $($($computed,)*)? }
            }
        }
    };
    (@read $reader:ident $NAME:ident) => { $reader.read($NAME) };
    (@read $reader:ident $NAME:ident $default:expr) => { $reader.read_or($NAME, $default) };
}
pub(super) use settings;
