namespace MLNet.Dispersion.Tests.Support;

/// <summary>A language model that counts how often it is used.</summary>
internal sealed class CountingModel(PretrainedLanguageModel model) : MeasuredModel
{
    internal int Uses { get; set; }

    internal int Disposals { get; private set; }

    internal override TResult Use<TResult>(Func<PretrainedLanguageModel, TResult> call)
    {
        Uses++;
        return call(model);
    }

    public override void Dispose()
    {
        Disposals++;
        model.Dispose();
    }
}
