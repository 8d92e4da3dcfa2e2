using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tool;

/// <summary>Each next token: texts without labels.</summary>
internal sealed class LanguageTask : RowTask
{
    private const string LogLikelihood = "LogLikelihood";
    private const string TokenCount = "TokenCount";

    public override bool NeedsLabel => false;

    public override RowPipeline Pipeline(MLContext ml, RowColumns columns, ModelSource backbone, FineTuneOptions options) =>
        new(null, ml.Transforms.Text.FineTuneLanguageModelWithDispersion(columns.Text, backbone, options), (_, _) => throw new NotSupportedException("A language model holds some of its own rows out."), null);

    public override IReadOnlyList<Figure> Judge(MLContext ml, TextTransformer model, IDataView scored, string? label)
    {
        (double Likelihood, int Tokens)[] texts = [.. scored.GetColumn<float>(LogLikelihood).Zip(scored.GetColumn<int>(TokenCount), (likelihood, tokens) => ((double)likelihood, tokens)).Where(text => text.tokens > 0)];
        double Loss(IReadOnlyList<int> rows) => -rows.Sum(row => texts[row].Likelihood) / rows.Sum(row => (double)texts[row].Tokens);
        return
        [
            Figure.Of("loss a token", texts.Length, Loss),
            Figure.Of("perplexity", texts.Length, rows => Math.Exp(Loss(rows))),
        ];
    }

    private protected override TableDataColumn LabelOf(RowTable table, string label, IReadOnlyList<string>? labels) => throw new ToolException("A language model reads no labels; leave --label out.");
}
