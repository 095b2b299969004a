impl<T: Send + Sync + 'static> Jobs<T> {
    #[cfg(feature = "runs")]
    #[must_use]
    fn start(
        &self,
        id: u64,
        head: Head,
        query: Query<Filter>,
        __argument_4: Json<Order>,
    ) -> ::outflow::Generator<'_, u64> {
        use ::outflow::__private::dispatch::Infallibly as _;
        ::outflow::Generator::new(
            |__sender| {
                self.__boxed_outflow_start(__sender, id, head, query, __argument_4)
            },
            |__returned| ::outflow::__private::Returned(__returned).__failed(),
        )
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    #[cfg(feature = "runs")]
    fn __boxed_outflow_start(
        &self,
        __sender: ::outflow::__private::Sender,
        id: u64,
        head: Head,
        query: Query<Filter>,
        __argument_4: Json<Order>,
    ) -> ::core::pin::Pin<
        ::outflow::__private::Box<
            dyn ::core::future::Future<Output = u64> + ::core::marker::Send + '_,
        >,
    > {
        ::outflow::__private::Box::pin(
            self.__outflow_start([__sender], id, head, query, __argument_4),
        )
    }
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    #[cfg(feature = "runs")]
    async fn __outflow_start(
        &self,
        [ref __sender,
        ]: [::outflow::__private::Sender; 1],
        id: u64,
        head: Head,
        query: Query<Filter>,
        Json(order): Json<Order>,
    ) -> u64 {
        use ::outflow::__private::{ForwardAll as _, Streams as _};
        {
            let __sent = __sender
                .offer(
                    ::outflow::__private::item::<
                        Progress,
                        _,
                    >(self.stream(Progress { id })),
                );
            __sent.await
        };
        id
    }
}
#[action(__taken)]
const _: () = ();
#[doc(hidden)]
impl<T: Send + Sync + 'static> Jobs<T> {
    #[cfg(feature = "runs")]
    fn __answer_outflow_start(
        __this: ::outflow::__private::Arc<Self>,
        mut __call: ::outflow::__private::Call<AppState>,
    ) -> ::outflow::__private::Answer {
        ::outflow::__private::Box::pin(async move {
            use ::outflow::__private::dispatch::{
                AsFailure as _, AsResult as _, FromStrText as _, FromText as _,
                Infallibly as _,
            };
            let __params = ::outflow::__private::Call::params(&mut __call).await?;
            let __argument_0 = ::outflow::__private::Param::<u64>::named("id")
                .__parse(&__params)?;
            let __argument_1 = <Head as ::outflow::__private::Argument<
                AppState,
            >>::take(&mut __call)
                .await?;
            let __argument_2 = <Query<
                Filter,
            > as ::outflow::__private::Argument<AppState>>::take(&mut __call)
                .await?;
            let (__argument_3, __ready) = <Json<
                Order,
            > as ::outflow::__private::LastArgument<AppState, _>>::take(__call)
                .await?;
            let _ = Self::start;
            ::core::result::Result::Ok(
                __ready
                    .open()?
                    .run(move |__sender| ::outflow::__private::Box::pin(async move {
                        match ::outflow::__private::Returned(
                                __this
                                    .__boxed_outflow_start(
                                        __sender,
                                        __argument_0,
                                        __argument_1,
                                        __argument_2,
                                        __argument_3,
                                    )
                                    .await,
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
impl<T: Send + Sync + 'static> ::outflow::__private::OneControllerBlockPerType
for Jobs<T> {}
#[automatically_derived]
impl<T: Send + Sync + 'static> ::outflow::Controller<AppState> for Jobs<T> {
    fn into_router(self) -> ::outflow::__private::Router<AppState> {
        ::outflow::__private::router(
            self,
            &[
                #[cfg(feature = "runs")]
                ::outflow::__private::Route {
                    methods: ::outflow::__private::MethodFilter::POST
                        .or(::outflow::__private::MethodFilter::PUT),
                    path: "/jobs/{id}",
                    options: const {
                        &::outflow::__private::Options::DEFAULT
                            .resumable(
                                ::outflow::__private::Resumable::DEFAULT
                                    .key(::outflow::__private::KeyIn::Url)
                                    .owner(user)
                                    .retention(600000u64),
                            )
                            .has_head()
                    },
                    answer: Self::__answer_outflow_start,
                },
            ],
        )
    }
}
impl<T: Send + Sync + 'static> Jobs<T> {
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
