impl Chat {
    /// Counts.
    fn count(&self) -> ::outflow::Generator<'_, Result<u32, Error>> {
        use ::outflow::__private::dispatch::Infallibly as _;
        ::outflow::Generator::new(
            |__sender| self.__boxed_outflow_count(__sender),
            |__returned| ::outflow::__private::Returned(__returned).__failed(),
        )
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    fn __boxed_outflow_count(
        &self,
        __sender: ::outflow::__private::Sender,
    ) -> ::core::pin::Pin<
        ::outflow::__private::Box<
            dyn ::core::future::Future<
                Output = Result<u32, Error>,
            > + ::core::marker::Send + '_,
        >,
    > {
        ::outflow::__private::Box::pin(self.__outflow_count([__sender]))
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    async fn __outflow_count(
        &self,
        [ref __sender,
        ]: [::outflow::__private::Sender; 1],
    ) -> Result<u32, Error> {
        use ::outflow::__private::{ForwardAll as _, Streams as _};
        {
            let __sent = __sender.offer(self.stream("one"));
            __sent.await
        };
        println!(
            "{:?}", { let __sent = __sender.offer(self.stream("two")); __sent. await }
        );
        let emitter = __sender.emitter(self.emitter());
        tokio::select! {
            () = async { { let __sent = __sender.offer(self.stream("three")); __sent.
            await } } => {}
        }
        ({
            let __all = __sender.forward(self.stream_all(source()));
            __all.all()
        }
            .sent()
            .await)?;
        Ok(5)
    }
}
#[action(__taken)]
const _: () = ();
#[doc(hidden)]
impl Chat {
    fn __answer_outflow_count(
        __this: ::outflow::__private::Arc<Self>,
        mut __call: ::outflow::__private::Call<()>,
    ) -> ::outflow::__private::Answer {
        ::outflow::__private::Box::pin(async move {
            use ::outflow::__private::dispatch::{
                AsFailure as _, AsResult as _, FromStrText as _, FromText as _,
                Infallibly as _,
            };
            let _ = Self::count;
            ::core::result::Result::Ok(
                __call
                    .ready()
                    .open()?
                    .run(move |__sender| ::outflow::__private::Box::pin(async move {
                        match ::outflow::__private::Returned(
                                __this.__boxed_outflow_count(__sender).await,
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
impl ::outflow::__private::OneControllerBlockPerType for Chat {}
#[automatically_derived]
impl<
    __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
> ::outflow::Controller<__S> for Chat {
    fn into_router(self) -> ::outflow::__private::Router<__S> {
        ::outflow::__private::router(
                self,
                &[
                    ::outflow::__private::Route {
                        methods: ::outflow::__private::MethodFilter::GET,
                        path: "/chat/count",
                        options: const {
                            &::outflow::__private::Options::DEFAULT
                                .formats(
                                    &[
                                        ::outflow::format::SSE,
                                        ::outflow::format::JSON_ARRAY,
                                        ::outflow::format::Representation {
                                            writer: |_| ::outflow::__private::csv(const {
                                                &::outflow::__private::CsvOptions::DEFAULT
                                                    .bom()
                                                    .delimiter(59u8)
                                                    .columns(&[("id", "id"), ("total", "Total")])
                                            }),
                                            ..::outflow::format::CSV
                                        },
                                        self::YAML,
                                    ],
                                )
                                .format_query("format")
                                .end_event("close")
                                .heartbeat(5000u64)
                                .on_disconnect(::outflow::__private::OnDisconnect::Finish)
                        },
                        answer: Self::__answer_outflow_count,
                    },
                ],
            )
            .with_state(())
    }
}
impl Chat {
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
