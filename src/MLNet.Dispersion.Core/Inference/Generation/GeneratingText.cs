namespace MLNet.Dispersion;

/// <summary>A text while it is written.</summary>
internal sealed class GeneratingText
{
    private readonly ContinuationText? _text;
    private readonly IReadOnlySet<int> _ends;
    private readonly HashSet<int> _seen;
    private readonly List<int> _new = [];
    private readonly bool _truncated;
    private readonly int _asked;

    /// <param name="prompt">The prompt's tokens, at least one.</param>
    /// <param name="truncated">Whether it was cut.</param>
    /// <param name="text">Makes text of the new tokens; null for none.</param>
    /// <param name="ends">Tokens that end it.</param>
    /// <param name="contextLength">The most tokens of prompt and text.</param>
    /// <param name="plan">How it is written.</param>
    /// <exception cref="ArgumentException">The prompt leaves no token to write.</exception>
    internal GeneratingText(int[] prompt, bool truncated, ContinuationText? text, IReadOnlySet<int> ends, int contextLength, GenerationPlan plan)
    {
        Prompt = prompt;
        _truncated = truncated;
        _text = text;
        _ends = ends;
        _seen = [.. prompt];
        _asked = plan.NewTokens(prompt.Length);
        MostTokens = Math.Min(_asked, contextLength - prompt.Length);
        Random = new Random(Seed(plan.Seed, prompt));
    }

    internal int[] Prompt { get; }

    /// <summary>The most tokens that it will have.</summary>
    internal int MostTokens { get; }

    /// <summary>Its own random numbers.</summary>
    internal Random Random { get; }

    /// <summary>Tokens of prompt and text so far.</summary>
    internal IReadOnlySet<int> Seen => _seen;

    internal IReadOnlyList<int> NewTokens => _new;

    internal bool IsFinished => FinishReason is not null;

    internal GenerationFinishReason? FinishReason { get; private set; }

    /// <summary>Text that the latest token settled.</summary>
    internal string Released { get; private set; } = "";

    /// <summary>Tokens of the prompt that an earlier text had read.</summary>
    internal int ReusedPromptTokens { get; set; }

    /// <summary>Why torch computes its tokens; null where the library's own decoder does.</summary>
    internal string? TorchReason { get; set; }

    /// <summary>Takes the token that was chosen.</summary>
    internal void Add(int id)
    {
        Released = "";
        if (_ends.Contains(id))
        {
            Finish(GenerationFinishReason.EndOfText);
            return;
        }

        _new.Add(id);
        _seen.Add(id);
        Released = _text?.Add(id) ?? "";
        if (_text is { Stopped: true })
        {
            Finish(GenerationFinishReason.StopSequence);
        }
        else if (_new.Count == MostTokens)
        {
            Finish(MostTokens == _asked ? GenerationFinishReason.MaxNewTokens : GenerationFinishReason.ContextLength);
        }
    }

    internal GeneratedText ToResult() => new()
    {
        Text = _text?.Text ?? "",
        TokenIds = _new.AsReadOnly(),
        FinishReason = FinishReason!.Value,
        PromptTokens = Prompt.Length,
        PromptTruncated = _truncated,
        TorchReason = TorchReason,
        ReusedPromptTokens = ReusedPromptTokens,
    };

    private void Finish(GenerationFinishReason reason)
    {
        Released += _text?.Finish();
        FinishReason = _text is { Stopped: true } ? GenerationFinishReason.StopSequence : reason;
    }

    /// <summary>Of the seed and the prompt alone, the same in every process (FNV-1a over the tokens).</summary>
    private static int Seed(int seed, int[] prompt)
    {
        uint hash = 2166136261;
        foreach (int id in prompt)
        {
            hash = unchecked((hash ^ (uint)id) * 16777619);
        }

        return SeedMixer.Mix(seed, unchecked((int)hash));
    }
}
