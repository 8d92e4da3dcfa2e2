using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Log-odds, probability and answer a row.</summary>
internal sealed class BinaryScores(SharedModel<FineTunedTextModel> model) : HeadScores(model, outputCount: 1)
{
    internal override Delegate Getter(int offset, Func<int> current) => offset switch
    {
        BinaryColumns.PredictedLabelOffset => (ValueGetter<bool>)((ref bool value) => value = Of(current())[0] > 0),
        BinaryColumns.ScoreOffset => (ValueGetter<float>)((ref float value) => value = Of(current())[0]),
        _ => (ValueGetter<float>)((ref float value) => value = (float)(1 / (1 + Math.Exp(-(double)Of(current())[0])))),
    };
}
