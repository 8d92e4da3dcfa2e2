using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>One number a row.</summary>
internal class NumberScores(SharedModel<FineTunedTextModel> model) : HeadScores(model, outputCount: 1)
{
    internal sealed override Delegate Getter(int offset, Func<int> current) => (ValueGetter<float>)((ref float value) => value = Of(current())[0]);
}
