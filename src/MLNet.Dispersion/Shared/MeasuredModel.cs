namespace MLNet.Dispersion;

/// <summary>A language model to be measured, with or without its ownership.</summary>
internal abstract class MeasuredModel : IDisposable
{
    /// <summary>A model that belongs to whoever measures it.</summary>
    internal static MeasuredModel Owning(PretrainedLanguageModel model) => new Own(model);

    /// <summary>The model inside a fitted transformer, which stays that transformer's and is gone when that is disposed.</summary>
    /// <param name="fitted">What the transformer holds.</param>
    /// <param name="model">The language model in it.</param>
    internal static MeasuredModel Borrowing<T>(SharedModel<T> fitted, Func<T, PretrainedLanguageModel> model)
        where T : class, IDisposable => new Borrowed<T>(fitted, model);

    /// <summary>Calls the model, which stays alive until the call has returned.</summary>
    /// <exception cref="ObjectDisposedException">The model's owner disposed it.</exception>
    internal abstract TResult Use<TResult>(Func<PretrainedLanguageModel, TResult> call);

    /// <summary>Frees the model, if it is owned.</summary>
    public abstract void Dispose();

    private sealed class Own(PretrainedLanguageModel model) : MeasuredModel
    {
        internal override TResult Use<TResult>(Func<PretrainedLanguageModel, TResult> call) => call(model);

        public override void Dispose() => model.Dispose();
    }

    private sealed class Borrowed<T>(SharedModel<T> fitted, Func<T, PretrainedLanguageModel> model) : MeasuredModel
        where T : class, IDisposable
    {
        internal override TResult Use<TResult>(Func<PretrainedLanguageModel, TResult> call) => fitted.Use(held => call(model(held)));

        public override void Dispose()
        {
        }
    }
}
