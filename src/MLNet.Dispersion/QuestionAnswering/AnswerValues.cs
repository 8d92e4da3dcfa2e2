using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The answers to questions, as columns.</summary>
internal sealed class AnswerValues(SharedModel<TextQuestionAnswerer> model, int topAnswers) : AddedValues
{
    private IReadOnlyList<FoundAnswers> _found = [];

    internal override int Fill(RowTexts texts, long firstRow)
    {
        _found = model.Use(answerer => answerer.Answer(texts.Second!, texts.First, topAnswers));
        return 0;
    }

    internal override Delegate Getter(int offset, Func<int> current) => (AnswerPart)offset switch
    {
        AnswerPart.Text => Values(current, answer => answer.Text.AsMemory()),
        AnswerPart.Score => Values(current, answer => answer.Score),
        AnswerPart.Start => Values(current, answer => answer.Start),
        AnswerPart.End => Values(current, answer => answer.End),
        _ => NoAnswer(current),
    };

    // The current row is asked for first: that fills what was found.
    private ValueGetter<float> NoAnswer(Func<int> current) => (ref float value) =>
    {
        int row = current();
        value = _found[row].NoAnswerProbability;
    };

    private ValueGetter<VBuffer<T>> Values<T>(Func<int> current, Func<FoundAnswer, T> of) => (ref VBuffer<T> value) =>
    {
        int row = current();
        Vectors.Copy<T>([.. _found[row].Best.Select(of)], ref value);
    };
}
