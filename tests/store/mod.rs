//! The model store with what is really published.

mod package_source;
mod several_files;
