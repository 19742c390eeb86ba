//! In what format an answer is sent.

use arrow::record_batch::RecordBatch;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::{StoreError, TableFormat};

use crate::problem::Problem;

/// A format of the API's answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Format {
    /// One JSON object.
    #[default]
    Json,
    /// The rows, as comma-separated values with a heading.
    Csv,
    /// The rows, as one Parquet file.
    Parquet,
    /// The rows, as an Arrow IPC stream.
    Arrow,
}

impl Format {
    /// The values of the parameter `format`.
    pub(crate) const NAMES: [&'static str; 4] = ["json", "csv", "parquet", "arrow"];

    const ALL: [Self; 4] = [Self::Json, Self::Csv, Self::Parquet, Self::Arrow];

    /// The format of a parameter's value.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// Its media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Arrow => "application/vnd.apache.arrow.stream",
        }
    }

    /// The first format in `Accept` that is known here; JSON where there is none.
    pub(crate) fn accepted(headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let wanted = accept.split(',').filter_map(|kind| kind.split(';').next()).map(str::trim);
        wanted.filter_map(Self::of_media_type).next().unwrap_or_default()
    }

    fn of_media_type(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.media_type().split(';').next() == Some(kind))
    }

    const fn table(self) -> Option<TableFormat> {
        match self {
            Self::Json => None,
            Self::Csv => Some(TableFormat::Csv),
            Self::Parquet => Some(TableFormat::Parquet),
            Self::Arrow => Some(TableFormat::Arrow),
        }
    }
}

/// An answer that can also be written as rows.
pub(crate) trait Rows: Serialize {
    /// Its rows.
    fn rows(&self) -> Result<RecordBatch, StoreError>;
}

/// The octets of an answer in a format.
pub(crate) struct Encoded {
    format: Format,
    name: &'static str,
    body: Bytes,
}

/// Writes an answer; `name` is that of the file which browsers offer to save.
pub(crate) fn encoded(answer: &impl Rows, format: Format, name: &'static str) -> Result<Encoded, StoreError> {
    let body = match format.table() {
        Some(table) => store::encode(&answer.rows()?, table)?,
        // Serialising these structs to memory has nothing that can fail.
        None => serde_json::to_vec(answer).unwrap_or_default(),
    };
    Ok(Encoded { format, name, body: body.into() })
}

impl IntoResponse for Encoded {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static(self.format.media_type());
        let mut response = ([(header::CONTENT_TYPE, kind)], self.body).into_response();
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
        if self.format != Format::Json {
            let file = format!("attachment; filename=\"{}.{}\"", self.name, self.format.name());
            if let Ok(file) = HeaderValue::from_str(&file) {
                response.headers_mut().insert(header::CONTENT_DISPOSITION, file);
            }
        }
        response
    }
}

/// A JSON answer that has no rows.
pub(crate) fn json(answer: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(answer).map_err(|error| Problem::internal(format!("the answer could not be written: {error}")))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_media_type_is_taken() {
        let format = |accept: &'static str| Format::accepted(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]));
        assert_eq!(format("text/html, text/csv;q=0.9, */*"), Format::Csv);
        assert_eq!(format("application/vnd.apache.parquet"), Format::Parquet);
        assert_eq!(format("text/html, */*;q=0.8"), Format::Json);
        assert_eq!(Format::accepted(&HeaderMap::new()), Format::Json);
    }

    #[test]
    fn names_read_back() {
        assert_eq!(Format::NAMES.map(Format::named), Format::ALL.map(Some));
    }
}
