using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>What a model answers and says of answers, as columns: computed for those columns alone that are read.</summary>
internal sealed class InstructionValues(IHost host, SharedModel<AnsweringModel> model, InstructionColumns columns) : AddedValues
{
    private RowTexts _texts = new([]);
    private long _firstRow;
    private bool _wantsScores;
    private AnswerScore[]? _scores;
    private IReadOnlyList<string>? _answers;

    internal override int Fill(RowTexts texts, long firstRow)
    {
        _texts = new RowTexts([.. texts.First], texts.Second is null ? null : [.. texts.Second]);
        _firstRow = firstRow;
        (_scores, _answers) = (null, null);
        return _wantsScores ? Scores().Count(score => score.Truncated) : 0;
    }

    internal override Delegate Getter(int offset, Func<int> current)
    {
        _wantsScores |= offset != InstructionColumns.AnswerOffset;
        return offset switch
        {
            InstructionColumns.AnswerOffset => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = Answers(current()).AsMemory()),
            InstructionColumns.LogLikelihoodOffset => (ValueGetter<float>)((ref float value) => value = (float)Of(current()).LogLikelihood),
            InstructionColumns.TokenCountOffset => (ValueGetter<int>)((ref int value) => value = Of(current()).Tokens),
            _ => (ValueGetter<int>)((ref int value) => value = Of(current()).RightTokens),
        };
    }

    private AnswerScore Of(int row) => Scores()[row];

    private AnswerScore[] Scores() => _scores ??= Told(() => model.Use(answering => answering.Score(answering.Read(_texts, _firstRow))));

    private string Answers(int row) => (_answers ??= Told(Write))[row];

    private IReadOnlyList<string> Write()
    {
        using var cancellation = new FitCancellation(host, CancellationToken.None);
        try
        {
            return model.Use(answering => answering.Answer(answering.Read(_texts, _firstRow), cancellation.Poll, cancellation.Token));
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfRequested();
            throw;
        }
    }

    private T Told<T>(Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (Exception e) when (e is ArgumentException or ChatTemplateException or InvalidOperationException and not ObjectDisposedException)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"The language model failed on {columns.TextColumns} in the rows from {_firstRow} to {_firstRow + _texts.Count - 1}. {e.Message}"), e);
        }
    }
}
