impl Health {
    #[allow(clippy::unused_async)]
    async fn check(&self, State(db): State<Db>) -> Result<&'static str, Error> {
        use ::outflow::__private::{ForwardAll as _, Streams as _};
        db.ping().await?;
        Ok("ok")
    }
}
#[action(__taken)]
const _: () = ();
#[doc(hidden)]
impl Health {
    fn __answer_outflow_check(
        __this: ::outflow::__private::Arc<Self>,
        mut __call: ::outflow::__private::Call<()>,
    ) -> ::outflow::__private::Answer {
        ::outflow::__private::Box::pin(async move {
            use ::outflow::__private::dispatch::{
                AsFailure as _, AsResult as _, FromStrText as _, FromText as _,
                Infallibly as _,
            };
            let (__argument_0, _) = <State<
                Db,
            > as ::outflow::__private::LastArgument<(), _>>::take(__call)
                .await?;
            ::core::result::Result::Ok(
                ::outflow::__private::answer(Self::check(&__this, __argument_0).await),
            )
        })
    }
}
#[automatically_derived]
impl ::outflow::__private::OneControllerBlockPerType for Health {}
#[automatically_derived]
impl<
    __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
> ::outflow::Controller<__S> for Health {
    fn into_router(self) -> ::outflow::__private::Router<__S> {
        ::outflow::__private::router(
                self,
                &[
                    ::outflow::__private::Route {
                        methods: ::outflow::__private::MethodFilter::GET,
                        path: "/health",
                        options: const {
                            &::outflow::__private::Options::DEFAULT.never_streams()
                        },
                        answer: Self::__answer_outflow_check,
                    },
                ],
            )
            .with_state(())
    }
}
impl Health {
    #[doc(hidden)]
    pub fn stream<__P, __R>(&mut self, _: __P) -> __R
    where
        for<'__a> &'__a Self: ::outflow::__private::InControllerBlock,
    {
        ::core::unreachable!()
    }
    #[doc(hidden)]
    pub fn stream_all<__S, __R>(&mut self, _: __S) -> __R
    where
        for<'__a> &'__a Self: ::outflow::__private::InControllerBlock,
    {
        ::core::unreachable!()
    }
    #[doc(hidden)]
    pub fn latest<__S, __R>(&mut self, _: __S) -> __R
    where
        for<'__a> &'__a Self: ::outflow::__private::InControllerBlock,
    {
        ::core::unreachable!()
    }
    #[doc(hidden)]
    pub fn emitter<__R>(&mut self) -> __R
    where
        for<'__a> &'__a Self: ::outflow::__private::InControllerBlock,
    {
        ::core::unreachable!()
    }
}
