impl Import {
    fn all(&self, _rows: Query<Rows>) -> ::outflow::Generator<'_, usize> {
        use ::outflow::__private::dispatch::Infallibly as _;
        ::outflow::Generator::new(
            |__sender| self.__boxed_outflow_all(__sender, _rows),
            |__returned| ::outflow::__private::Returned(__returned).__failed(),
        )
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    fn __boxed_outflow_all(
        &self,
        __sender: ::outflow::__private::Sender,
        _rows: Query<Rows>,
    ) -> ::core::pin::Pin<
        ::outflow::__private::Box<
            dyn ::core::future::Future<Output = usize> + ::core::marker::Send + '_,
        >,
    > {
        ::outflow::__private::Box::pin(self.__outflow_all([__sender], _rows))
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    async fn __outflow_all(
        &self,
        [ref __sender,
        ]: [::outflow::__private::Sender; 1],
        _rows: Query<Rows>,
    ) -> usize {
        use ::outflow::__private::{ForwardAll as _, Streams as _};
        let rows = self.__outflow_rows([::core::clone::Clone::clone(__sender)], 3).await;
        rows + self.__outflow_one([::core::clone::Clone::clone(__sender)]).await
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    async fn __outflow_rows(
        &self,
        [ref __sender,
        ]: [::outflow::__private::Sender; 1],
        count: usize,
    ) -> usize {
        use ::outflow::__private::{ForwardAll as _, Streams as _};
        for row in 0..count {
            {
                let __sent = __sender.offer(self.stream(row));
                __sent.await
            };
        }
        count
    }
    fn one(&self) -> ::outflow::Generator<'_, usize> {
        use ::outflow::__private::dispatch::Infallibly as _;
        ::outflow::Generator::new(
            |__sender| self.__boxed_outflow_one(__sender),
            |__returned| ::outflow::__private::Returned(__returned).__failed(),
        )
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    fn __boxed_outflow_one(
        &self,
        __sender: ::outflow::__private::Sender,
    ) -> ::core::pin::Pin<
        ::outflow::__private::Box<
            dyn ::core::future::Future<Output = usize> + ::core::marker::Send + '_,
        >,
    > {
        ::outflow::__private::Box::pin(self.__outflow_one([__sender]))
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    async fn __outflow_one(
        &self,
        [ref __sender,
        ]: [::outflow::__private::Sender; 1],
    ) -> usize {
        use ::outflow::__private::{ForwardAll as _, Streams as _};
        {
            let __sent = __sender.offer(self.stream(1));
            __sent.await
        };
        1
    }
    fn unrelated(&self) {
        use ::outflow::__private::{ForwardAll as _, Streams as _};
    }
}
#[action(__taken)]
const _: () = ();
#[action(__taken)]
const _: () = ();
#[doc(hidden)]
impl Import {
    fn __answer_outflow_all(
        __this: ::outflow::__private::Arc<Self>,
        mut __call: ::outflow::__private::Call<()>,
    ) -> ::outflow::__private::Answer {
        ::outflow::__private::Box::pin(async move {
            use ::outflow::__private::dispatch::{
                AsFailure as _, AsResult as _, FromStrText as _, FromText as _,
                Infallibly as _,
            };
            let (__argument_0, __ready) = <Query<
                Rows,
            > as ::outflow::__private::LastArgument<(), _>>::take(__call)
                .await?;
            let _ = Self::all;
            ::core::result::Result::Ok(
                __ready
                    .open()?
                    .run(move |__sender| ::outflow::__private::Box::pin(async move {
                        match ::outflow::__private::Returned(
                                __this.__boxed_outflow_all(__sender, __argument_0).await,
                            )
                            .__ended()
                        {
                            ::core::result::Result::Ok(__value) => {
                                ::outflow::__private::Value(__value).__outcome()
                            }
                            ::core::result::Result::Err(__error) => {
                                ::outflow::__private::Thrown(__error).__outcome()
                            }
                        }
                    }))
                    .await,
            )
        })
    }
    fn __answer_outflow_one(
        __this: ::outflow::__private::Arc<Self>,
        mut __call: ::outflow::__private::Call<()>,
    ) -> ::outflow::__private::Answer {
        ::outflow::__private::Box::pin(async move {
            use ::outflow::__private::dispatch::{
                AsFailure as _, AsResult as _, FromStrText as _, FromText as _,
                Infallibly as _,
            };
            let _ = Self::one;
            ::core::result::Result::Ok(
                __call
                    .ready()
                    .open()?
                    .run(move |__sender| ::outflow::__private::Box::pin(async move {
                        match ::outflow::__private::Returned(
                                __this.__boxed_outflow_one(__sender).await,
                            )
                            .__ended()
                        {
                            ::core::result::Result::Ok(__value) => {
                                ::outflow::__private::Value(__value).__outcome()
                            }
                            ::core::result::Result::Err(__error) => {
                                ::outflow::__private::Thrown(__error).__outcome()
                            }
                        }
                    }))
                    .await,
            )
        })
    }
}
#[automatically_derived]
impl ::outflow::__private::OneControllerBlockPerType for Import {}
#[automatically_derived]
impl<
    __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
> ::outflow::Controller<__S> for Import {
    fn into_router(self) -> ::outflow::__private::Router<__S> {
        ::outflow::__private::router(
                self,
                &[
                    ::outflow::__private::Route {
                        methods: ::outflow::__private::MethodFilter::GET,
                        path: "/import/all",
                        options: const { &::outflow::__private::Options::DEFAULT },
                        answer: Self::__answer_outflow_all,
                    },
                    ::outflow::__private::Route {
                        methods: ::outflow::__private::MethodFilter::GET,
                        path: "/import/one",
                        options: const { &::outflow::__private::Options::DEFAULT },
                        answer: Self::__answer_outflow_one,
                    },
                ],
            )
            .with_state(())
    }
}
impl Import {
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
    fn rows(&self, _: usize) -> ::core::future::Ready<usize>
    where
        for<'__a> &'__a Self: ::outflow::__private::CalledInControllerBlock,
    {
        ::core::unreachable!()
    }
}
