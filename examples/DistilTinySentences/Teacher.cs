using System.Diagnostics;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Examples.DistilTinySentences;

/// <summary>What the teacher says of texts: each token's last state, in the directions that matter.</summary>
internal sealed class Teacher : IDisposable
{
    private const int DirectionsOf = 1000;
    private const int TextsAPart = 5000;
    private const int TokensABatch = 8192;
    private readonly PretrainedLanguageModel _model;
    private Tensor _directions = null!;
    private double _scale = 1;

    /// <summary>Loads the model.</summary>
    public Teacher(string directory) => _model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(directory));

    /// <summary>Gets how texts are cut.</summary>
    public TextTokenizer Tokenizer => _model.Tokenizer;

    /// <summary>Gets how much of the squared norm the directions hold.</summary>
    public double Kept { get; private set; }

    /// <summary>Gets the number of tokens that there are.</summary>
    public int Vocabulary => _model.Backbone.Info.VocabularySize;

    /// <summary>Cuts texts and reads them all.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="file">Keeps what is read.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public Lesson[] Read(string[] texts, LessonFile file, CancellationToken cancellationToken)
    {
        int[][] ids = [.. texts.Select(text => Tokenizer.Encode(text, Recipe.ContextLength).Ids)];
        Dictionary<int, Lesson> lessons = [];
        if (file.Read() is { } kept)
        {
            _directions = tensor(kept.Directions, [kept.Directions.Length / Recipe.Features, Recipe.Features]);
            (_scale, Kept, lessons) = (kept.Scale, kept.Kept, kept.Lessons);
        }
        else
        {
            FindDirections([.. ids.Take(DirectionsOf)]);
            file.Begin(_directions.data<float>().ToArray(), _scale, Kept);
        }

        var clock = Stopwatch.StartNew();
        int[] open = [.. Enumerable.Range(0, ids.Length).Where(text => !lessons.ContainsKey(text))];
        int read = 0;
        foreach (int[] part in open.Chunk(TextsAPart))
        {
            foreach (int[] batch in Batches.Of([.. part.Select(text => ids[text])], TokensABatch, random: null))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                int[] places = [.. batch.Select(place => part[place])];
                Tensor states = States(Batches.Ids(places.Select(text => ids[text]))).to_type(ScalarType.Float16);
                for (int i = 0; i < places.Length; i++)
                {
                    lessons[places[i]] = new Lesson(ids[places[i]], states[i].data<Half>().ToArray());
                }
            }

            file.Add(part.Select(text => KeyValuePair.Create(text, lessons[text])));
            read += part.Length;
            Console.WriteLine(FormattableString.Invariant($"the teacher has read {ids.Length - open.Length + read:N0} of {ids.Length:N0} texts, {clock.Elapsed:hh\\:mm\\:ss}, left {clock.Elapsed * ((open.Length - read) / (double)read):hh\\:mm\\:ss}"));
        }

        return [.. Enumerable.Range(0, ids.Length).Select(text => lessons[text])];
    }

    /// <summary>The state of a token that stands alone, for tokens that no text has: <c>[n, 256]</c>.</summary>
    public Tensor Alone(int[] tokens)
    {
        int[] frame = Tokenizer.Encode(string.Empty).Ids;
        return States(Batches.Ids(tokens.Select(token => new[] { frame[0], token, frame[^1] }))).select(1, 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _directions?.Dispose();
        _model.Dispose();
    }

    /// <summary>The first right singular vectors of tokens' states, not centred: what all share is a direction too.</summary>
    private void FindDirections(int[][] ids)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor sample = cat([.. ids.Select(text => Last(Batches.Ids([text])).squeeze(0))]);
        (Tensor values, Tensor vectors) = linalg.eigh(sample.t().mm(sample));
        _directions = vectors[TensorIndex.Colon, TensorIndex.Slice(start: vectors.shape[1] - Recipe.Features)].contiguous().MoveToOuterDisposeScope();
        Kept = values[TensorIndex.Slice(start: values.shape[0] - Recipe.Features)].sum().item<float>() / values.sum().item<float>();

        // A mean square of 1, or the first steps destroy what they start from.
        _scale = 1 / Math.Sqrt(sample.mm(_directions).pow(2).mean().item<float>());
    }

    private Tensor States(Tensor ids)
    {
        using var noGrad = no_grad();
        return Last(ids).matmul(_directions).mul(_scale);
    }

    private Tensor Last(Tensor ids)
    {
        using var noGrad = no_grad();
        return _model.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState;
    }
}

/// <summary>A text with what the teacher says of it.</summary>
/// <param name="Ids">Its tokens.</param>
/// <param name="States">The teacher's states of them, row by row, 256 a token.</param>
internal sealed record Lesson(int[] Ids, Half[] States);
