#![no_implicit_prelude]
#![deny(warnings)]

mod std {}
mod core {}
mod outflow {}
mod axum {}

#[allow(dead_code)]
mod shadows {
    pub struct Result;
    pub struct Option;
    pub struct Vec;
    pub struct Box;
    pub struct String;
    pub struct Outlet;
    pub struct Generator;
    pub trait Send {}
    pub trait Clone {}
    pub trait Future {}
    pub trait IntoResponse {
        fn into_response(&self) {}
        fn clone(&self) {}
        fn offer(&self) {}
        fn unwrap(&self) {}
    }
    impl<T> IntoResponse for T {}
    pub fn drop() {}
    #[allow(non_upper_case_globals)]
    pub const Ok: u8 = 0;
    #[allow(non_upper_case_globals)]
    pub const Err: u8 = 1;
    #[allow(non_upper_case_globals)]
    pub const Some: u8 = 2;
    #[allow(non_upper_case_globals)]
    pub const None: u8 = 3;
}
#[allow(unused_imports)]
use shadows::*;

struct Jobs;

#[::outflow::controller("/jobs")]
impl Jobs {
    #[::outflow::action(path = "/{id}")]
    async fn log(
        &self,
        id: u64,
        _query: ::axum::extract::RawQuery,
    ) -> ::std::result::Result<u64, ::std::string::String> {
        self.stream(id);
        self.count(id).await?;
        ::std::result::Result::Ok(id)
    }

    async fn count(&self, to: u64) -> ::std::result::Result<(), ::std::string::String> {
        for i in ::std::iter::Iterator::take(0.., to as usize) {
            self.stream::<i32>(i);
        }
        ::std::result::Result::Ok(())
    }

    #[::outflow::action(post)]
    async fn plain(&self, _body: ::std::string::String) -> &'static str {
        "plain"
    }
}

fn main() {
    let events = ::outflow_ui_tests::run(Jobs.log(1, ::axum::extract::RawQuery(::std::option::Option::None)));
    ::std::assert_eq!(events.0, ["1", "0"]);
    let _router: ::axum::Router = ::outflow::Controller::into_router(Jobs);
}
