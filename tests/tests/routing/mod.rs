//! From a request to its action: paths, methods, arguments, nested routers.

mod head;
mod nesting;
mod path_values;
mod rejections;
mod routes;
