using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The tags of words and the entities that they make, as columns.</summary>
internal sealed class TokenScores(SharedModel<TextTokenClassifier> model, WordCutting cutting) : AddedValues
{
    private const int PredictedLabelOffset = 0;
    private const int ScoreOffset = 1;
    private const int FirstEntityOffset = 2;
    private IReadOnlyList<TaggedWords> _found = [];

    internal override int Fill(RowTexts texts, long firstRow)
    {
        WordText[] read = texts.Words is { } words ? [.. words.Select(WordText.OfWords)] : [.. texts.First.Select(text => WordText.Of(text, cutting))];
        _found = model.Use(tagger => tagger.Tag(read));
        return 0;
    }

    internal override Delegate Getter(int offset, Func<int> current) => offset switch
    {
        PredictedLabelOffset => Texts(current, found => found.Tags),
        ScoreOffset => Values(current, found => found.Scores),
        _ => (EntityPart)(offset - FirstEntityOffset) switch
        {
            EntityPart.Label => Texts(current, found => found.Entities.Select(entity => entity.Label)),
            EntityPart.Text => Texts(current, found => found.Entities.Select(entity => entity.Text)),
            EntityPart.Start => Values(current, found => found.Entities.Select(entity => entity.Start)),
            EntityPart.End => Values(current, found => found.Entities.Select(entity => entity.End)),
            _ => Values(current, found => found.Entities.Select(entity => entity.Score)),
        },
    };

    private ValueGetter<VBuffer<ReadOnlyMemory<char>>> Texts(Func<int> current, Func<TaggedWords, IEnumerable<string>> of) => Values(current, found => of(found).Select(text => text.AsMemory()));

    // The current row is asked for first: that fills what was found.
    private ValueGetter<VBuffer<T>> Values<T>(Func<int> current, Func<TaggedWords, IEnumerable<T>> of) => (ref VBuffer<T> value) =>
    {
        int row = current();
        Vectors.Copy<T>([.. of(_found[row])], ref value);
    };
}
