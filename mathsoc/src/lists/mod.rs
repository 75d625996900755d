//! Lists that are exchanged as files: class lists in, spreadsheets out.

pub mod class_list;
pub mod spreadsheet;
