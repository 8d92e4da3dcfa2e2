using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Computes a decoder's step, one token a row, without torch: any spec's, in vectors over memory that is taken once. Keys and values are those of the network's cache, so that torch and this may take turns.</summary>
/// <remarks>Torch multiplies a matrix by one vector on one thread of some processors, and a small network's step is some thousand calls of it. Not thread-safe. The owner disposes it.</remarks>
internal sealed unsafe class ManagedDecoder : IDisposable
{
    /// <summary>Above this many rows torch's products of matrices are faster.</summary>
    internal const int MostRows = 32;

    /// <summary>Up to so many scores a step's attention is over before another thread has begun.</summary>
    private const int MostScoresOfOneThread = 256;

    private readonly DecodeMemory _memory = new();
    private readonly DecodeKernels _kernels;
    private readonly DecodeWeights _weights;
    private readonly TransformerSpec _spec;
    private readonly int? _bound;
    private readonly Dictionary<RotarySpec, DecodeRotation> _rotations;
    private readonly Dictionary<(AlibiSpec, int), DecodeSlopes> _slopes;
    private readonly List<Run>[] _runs;
    private readonly int[] _places;
    private readonly nint[] _keys;
    private readonly nint[] _values;
    private readonly int _capacity;
    private readonly float* _state;
    private readonly float* _read;
    private readonly float* _first;
    private readonly float* _second;
    private readonly float* _heads;
    private readonly float* _seen;
    private readonly float* _inner;
    private readonly float* _embedded;
    private readonly float* _scores;
    private readonly float* _middle;
    private readonly byte* _rounded;
    private readonly float* _logits;
    private readonly Action<int> _multiplyPart;
    private readonly Action<int> _attendHead;
    private int _version = -1;
    private int _rows;
    private int _column;
    private int _layer;
    private DecodeProduct _product;
    private DecodeInput _input;
    private float* _y;

    /// <param name="backbone">A network that <see cref="Refusal"/> has nothing against, in evaluation mode.</param>
    /// <param name="rows">Rows, of which at most <see cref="MostRows"/> are computed at once.</param>
    /// <param name="capacity">Columns of the cache.</param>
    /// <param name="type">How matrices are held that are not in a file's blocks: F32, BF16 or Q8_0.</param>
    /// <param name="kernels">The loops; null for the processor's.</param>
    internal ManagedDecoder(LanguageBackbone backbone, int rows, int capacity, GgufType type = GgufType.F32, DecodeKernels? kernels = null)
    {
        using var noGradient = no_grad();
        rows = Math.Min(rows, MostRows);
        _kernels = kernels ?? DecodeKernels.Best;
        _weights = DecodeWeights.Of(backbone, type);
        _spec = _weights.Spec;
        _bound = ((DecoderNetwork)backbone).Trunk.ChangesBeyond;
        _capacity = capacity;
        (_product, _multiplyPart, _attendHead) = (_weights.Head, MultiplyPart, AttendHead);
        (_runs, _places) = ([.. Enumerable.Range(0, rows).Select(_ => new List<Run>())], new int[rows]);
        (_keys, _values) = (new nint[_weights.Layers.Count], new nint[_weights.Layers.Count]);
        AttentionSpec[] attentions = [.. _weights.Layers.Select(block => block.Spec.Attention).Distinct()];
        _rotations = attentions.Select(attention => attention.Rotary).OfType<RotarySpec>().Distinct().ToDictionary(spec => spec, spec => new DecodeRotation(spec, rows, _memory));
        _slopes = attentions.Where(attention => attention.Alibi is not null).Select(attention => (attention.Alibi!, attention.HeadCount)).Distinct().ToDictionary(kind => kind, kind => new DecodeSlopes(kind.Item1, kind.HeadCount));

        int widest = Math.Max(_spec.HiddenSize, Math.Max(_spec.Embedding.Size ?? 0, _spec.OutputSize ?? 0));
        IEnumerable<DecodeProduct> products = _weights.Layers.SelectMany(block => new[] { block.Input, block.Output, block.Up, block.Down }).Append(_weights.Head);
        products = products.Concat(new[] { _weights.EmbeddingProjection, _weights.OutputProjection }.OfType<DecodeProduct>());
        float* Rows(long width) => _memory.Zeros(width * rows);
        _state = Rows(widest);
        _read = Rows(widest);
        _first = Rows(widest);
        _second = Rows(widest);
        _embedded = Rows(widest);
        _heads = Rows(_weights.Layers.Max(block => block.Input.Width));
        _seen = Rows(attentions.Max(attention => attention.HeadCount * attention.HeadSize));
        _inner = Rows(_weights.Layers.Max(block => block.Up.Width));
        _scores = Rows((long)attentions.Max(attention => attention.HeadCount) * capacity);
        _middle = Rows(products.Max(product => product.MiddleWidth));
        _rounded = (byte*)Rows(products.Max(product => BlockProducts.InputBytes(product.RoundedLength)) / sizeof(float));
        _logits = Rows(_weights.Head.Width);
    }

    /// <summary>Why a network's steps cannot be computed here; null where they can.</summary>
    internal static string? Refusal(LanguageBackbone backbone) => DecodeWeights.Refusal(backbone);

    /// <summary>Whether the next tokens can be read here: one a row behind others, few rows, and no state of an earlier token changes.</summary>
    internal bool CanRead(KeyValueCache cache, IReadOnlyList<int[]> tokens) =>
        cache.Columns > 0 && tokens.Count <= MostRows && tokens.All(row => row.Length == 1) && !(_bound is { } bound && cache.Lengths.Max() == bound);

    /// <summary>Reads a token of each row, and adds its keys and values to the cache.</summary>
    /// <param name="cache">The network's, always the same.</param>
    /// <param name="tokens">One a row.</param>
    /// <exception cref="ArgumentException">The cache has no room, a row would be longer than the context, or a token is none of the vocabulary.</exception>
    internal void Read(KeyValueCache cache, IReadOnlyList<int[]> tokens)
    {
        CachedPass pass = cache.Begin(tokens.Count, 1, null);
        Place(cache, tokens);
        foreach (DecodeRotation rotation in _rotations.Values)
        {
            rotation.Set(_places.AsSpan(0, _rows), pass.Longest);
        }

        Embed(tokens);
        for (_layer = 0; _layer < _weights.Layers.Count; _layer++)
        {
            RunBlock(_weights.Layers[_layer]);
        }

        Finish();
        pass.Complete();
        if (_bound is not null)
        {
            cache.Remember([.. tokens.Select(row => new long[] { row[0] })]);
        }
    }

    /// <summary>The logits behind a row's latest token; valid until the next is read.</summary>
    internal ReadOnlySpan<float> Logits(int row) => new(_logits + ((long)row * _weights.Head.Width), _weights.Head.Width);

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        _memory.Dispose();
    }

    /// <summary>Finds where the new tokens stand, and what they may look at.</summary>
    private void Place(KeyValueCache cache, IReadOnlyList<int[]> tokens)
    {
        (_rows, _column) = (tokens.Count, cache.Columns);
        for (int row = 0; row < _rows; row++)
        {
            int token = tokens[row][0];
            if ((uint)token >= (uint)_spec.VocabularySize)
            {
                throw new ArgumentException($"Token {token} is outside the vocabulary of {_spec.VocabularySize}.", nameof(tokens));
            }

            _places[row] = cache.Lengths[row];
            _runs[row].Clear();
            ReadOnlySpan<bool> real = cache.Real(row);
            for (int start = 0, place = 0; start < real.Length;)
            {
                int hole = real[start..].IndexOf(false);
                int count = hole < 0 ? real.Length - start : hole;
                if (count > 0)
                {
                    _runs[row].Add(new Run(start, count, place));
                }

                place += count;
                int next = real[(start + count)..].IndexOf(true);
                start = next < 0 ? real.Length : start + count + next;
            }

            // The new token sees itself.
            _runs[row].Add(new Run(_column, 1, _places[row]));
        }

        if (_version != cache.Version)
        {
            _version = cache.Version;
            for (int layer = 0; layer < _keys.Length; layer++)
            {
                (Tensor keys, Tensor values) = cache.Memory(layer);
                (_keys[layer], _values[layer]) = ((nint)TensorMemory.Pointer(keys), (nint)TensorMemory.Pointer(values));
            }
        }
    }

    private void Embed(IReadOnlyList<int[]> tokens)
    {
        EmbeddingSpec embedding = _spec.Embedding;
        int size = embedding.Size ?? _spec.HiddenSize;
        for (int row = 0; row < _rows; row++)
        {
            float* to = _embedded + ((long)row * size);
            _weights.Tokens.Copy(tokens[row][0], new Span<float>(to, size));
            if (embedding.Scale != 1)
            {
                _kernels.Scale(to, (float)embedding.Scale, size);
            }
        }

        float* state = _embedded;
        if (embedding.ProjectsTokensAlone)
        {
            Multiply(_weights.EmbeddingProjection!, _embedded, size, _state);
            state = _state;
            size = _spec.HiddenSize;
        }

        for (int row = 0; _weights.Positions is not null && row < _rows; row++)
        {
            _kernels.AddScaled(_weights.Positions + ((long)(embedding.PositionOffset + _places[row]) * size), 1, state + ((long)row * size), size);
        }

        Normalise(_weights.EmbeddingNorm, state, state, size);
        if (_weights.EmbeddingProjection is { } projection && !embedding.ProjectsTokensAlone)
        {
            Multiply(projection, state, size, _state);
        }
        else if (state != _state)
        {
            Copy(state, _state, (long)_rows * size);
        }
    }

    private void RunBlock(DecodeBlock block)
    {
        switch (block.Spec.Order)
        {
            case BlockOrder.NormFirst:
                Attend(block, Normalised(block.AttentionNorm, _state), _first);
                Add(block, _first);
                Perceive(block, Normalised(block.MlpNorm, _state), _first);
                Add(block, _first);
                break;
            case BlockOrder.Parallel:
                Attend(block, Normalised(block.AttentionNorm, _state), _first);
                Perceive(block, Normalised(block.MlpNorm, _state), _second);
                Add(block, _first);
                Add(block, _second);
                break;
            case BlockOrder.ParallelOneNorm:
                float* read = Normalised(block.AttentionNorm, _state);
                Attend(block, read, _first);
                Perceive(block, read, _second);
                Add(block, _first);
                Add(block, _second);
                break;
            case BlockOrder.NormLast:
                Attend(block, _state, _first);
                Add(block, _first);
                Normalise(block.AttentionNorm, _state, _state, _spec.HiddenSize);
                Perceive(block, _state, _first);
                Add(block, _first);
                Normalise(block.MlpNorm, _state, _state, _spec.HiddenSize);
                break;
            case BlockOrder.NormBranches or BlockOrder.NormAround:
                Attend(block, Normalised(block.AttentionNorm, _state), _first);
                Normalise(block.AttentionOutputNorm, _first, _first, _spec.HiddenSize);
                Add(block, _first);
                Perceive(block, Normalised(block.MlpNorm, _state), _first);
                Normalise(block.MlpOutputNorm, _first, _first, _spec.HiddenSize);
                Add(block, _first);
                break;
            case BlockOrder.NormedResidual:
                Normalise(block.AttentionNorm, _state, _state, _spec.HiddenSize);
                Attend(block, _state, _first);
                Add(block, _first);
                Normalise(block.MlpNorm, _state, _state, _spec.HiddenSize);
                Perceive(block, _state, _first);
                Add(block, _first);
                break;
            default:
                throw new NotSupportedException($"No block is put together as {block.Spec.Order}.");
        }
    }

    /// <summary>The final norm and projection, and the head.</summary>
    private void Finish()
    {
        float* last = Normalised(_weights.FinalNorm, _state);
        int size = _spec.HiddenSize;
        if (_weights.OutputProjection is { } projection)
        {
            Multiply(projection, last, size, _first);
            last = _first;
            size = projection.Width;
        }

        Multiply(_weights.Head, last, size, _logits);
        int count = _weights.Head.Width * _rows;
        if (_spec.LogitScale != 1)
        {
            _kernels.Scale(_logits, (float)_spec.LogitScale, count);
        }

        if (_spec.LogitCap is { } cap)
        {
            Cap(_logits, (float)cap, count);
        }
    }

    private void Attend(DecodeBlock block, float* read, float* to)
    {
        Multiply(block.Input, read, _spec.HiddenSize, _heads);
        for (int row = 0; row < _rows; row++)
        {
            StoreKeys(block, row);
        }

        int heads = block.Spec.Attention.HeadCount;
        if ((long)_column * _rows * heads < MostScoresOfOneThread)
        {
            for (int head = 0; head < _rows * heads; head++)
            {
                AttendHead(head);
            }
        }
        else
        {
            TorchThreads.For(_rows * heads, _attendHead);
        }

        Multiply(block.Output, _seen, heads * block.Spec.Attention.HeadSize, to);
    }

    /// <summary>Makes a row's queries and keys ready, and puts its keys and values behind the earlier ones.</summary>
    private void StoreKeys(DecodeBlock block, int row)
    {
        AttentionSpec spec = block.Spec.Attention;
        var heads = new HeadPlaces(spec, _heads + ((long)row * block.Input.Width));
        if (spec.InputLimit is { } limit)
        {
            for (int i = 0; i < block.Input.Width; i++)
            {
                heads.Start[i] = Math.Clamp(heads.Start[i], (float)-limit, (float)limit);
            }
        }

        if (spec.HeadNormScope == HeadNormScope.Row)
        {
            block.QueryNorm?.Apply(_kernels, heads.Query(0), heads.Query(0), spec.HeadCount * spec.HeadSize);
            block.KeyNorm?.Apply(_kernels, heads.Key(0), heads.Key(0), spec.KeyHeadCount * spec.HeadSize);
        }

        bool isByHead = spec.HeadNormScope != HeadNormScope.Row;
        DecodeRotation? rotation = spec.Rotary is null ? null : _rotations[spec.Rotary];
        for (int head = 0; head < spec.HeadCount; head++)
        {
            Ready(heads.Query(head), block.QueryNorm, head);
        }

        for (int head = 0; head < spec.KeyHeadCount; head++)
        {
            Ready(heads.Key(head), block.KeyNorm, head);
            long place = ((((long)row * spec.KeyHeadCount) + head) * _capacity) + _column;
            Copy(heads.Key(head), (float*)_keys[_layer] + (place * spec.HeadSize), spec.HeadSize);
            Copy(heads.Value(head), (float*)_values[_layer] + (place * spec.HeadSize), spec.HeadSize);
        }

        void Ready(float* numbers, DecodeNorm? norm, int head)
        {
            if (isByHead)
            {
                norm?.Apply(_kernels, numbers, numbers, spec.HeadSize, head);
            }

            rotation?.Turn(numbers, row);
        }
    }

    /// <summary>What one query head of one row sees.</summary>
    private void AttendHead(int index)
    {
        DecodeBlock block = _weights.Layers[_layer];
        AttentionSpec spec = block.Spec.Attention;
        (int row, int head) = Math.DivRem(index, spec.HeadCount);
        var heads = new HeadPlaces(spec, _heads + ((long)row * block.Input.Width));
        long offset = (((long)row * spec.KeyHeadCount) + (head / (spec.HeadCount / spec.KeyHeadCount))) * _capacity * spec.HeadSize;
        float* scores = _scores + ((long)index * _capacity);
        int nearest = spec.Window is { } window ? _places[row] - window + 1 : 0;
        int found = 0;
        foreach (Run run in _runs[row])
        {
            int left = Math.Clamp(nearest - run.Place, 0, run.Count);
            int count = run.Count - left;
            if (count > 0)
            {
                _kernels.Scores(heads.Query(head), (float*)_keys[_layer] + offset + ((long)(run.Start + left) * spec.HeadSize), spec.HeadSize, count, block.Scale, scores + found);
                if (spec.ScoreCap is { } cap)
                {
                    Cap(scores + found, (float)cap, count);
                }

                if (spec.Alibi is { } alibi)
                {
                    _slopes[(alibi, spec.HeadCount)].AddTo(scores + found, head, run.Place + left, count);
                }

                found += count;
            }
        }

        _kernels.Softmax(scores, found);
        float* to = _seen + ((((long)row * spec.HeadCount) + head) * spec.HeadSize);
        new Span<float>(to, spec.HeadSize).Clear();
        found = 0;
        foreach (Run run in _runs[row])
        {
            int left = Math.Clamp(nearest - run.Place, 0, run.Count);
            int count = run.Count - left;
            if (count > 0)
            {
                _kernels.AddWeighted(scores + found, (float*)_values[_layer] + offset + ((long)(run.Start + left) * spec.HeadSize), spec.HeadSize, count, to);
                found += count;
            }
        }
    }

    private void Perceive(DecodeBlock block, float* read, float* to)
    {
        MlpSpec spec = block.Spec.Mlp;
        Multiply(block.Up, read, _spec.HiddenSize, _inner);
        for (int row = 0; row < _rows; row++)
        {
            float* numbers = _inner + ((long)row * block.Up.Width);
            _kernels.Activate(spec.Activation, numbers, spec.IsGated ? numbers + spec.InnerSize : null, numbers, spec.InnerSize);
        }

        Multiply(block.Down, _inner, block.Up.Width, to);
    }

    /// <summary>Adds what a branch gives to the state.</summary>
    private void Add(DecodeBlock block, float* branch) => _kernels.AddScaled(branch, (float)block.Spec.BranchScale, _state, _rows * _spec.HiddenSize);

    private float* Normalised(DecodeNorm? norm, float* state)
    {
        if (norm is null)
        {
            return state;
        }

        Normalise(norm, state, _read, _spec.HiddenSize);
        return _read;
    }

    private void Normalise(DecodeNorm? norm, float* from, float* to, int size)
    {
        for (int row = 0; norm is not null && row < _rows; row++)
        {
            norm.Apply(_kernels, from + ((long)row * size), to + ((long)row * size), size);
        }
    }

    private void Multiply(DecodeProduct product, float* x, int xStride, float* y)
    {
        _product = product;
        _y = y;
        _input = new DecodeInput { Numbers = x, Stride = xStride, Rows = _rows, Rounded = _rounded, Middle = _middle, MiddleStride = product.MiddleWidth };
        for (int row = 0; product.RoundedLength > 0 && row < _rows; row++)
        {
            BlockProducts.Round(x + ((long)row * xStride), product.RoundedLength, _rounded + ((long)row * BlockProducts.InputBytes(product.RoundedLength)));
        }

        for (int part = 0; product.MiddleWidth > 0 && part < product.Parts.Length; part++)
        {
            DecodeProduct.Part piece = product.Parts[part];
            if (piece is { First: 0, Layer.Rank: > 0 })
            {
                piece.Layer.Project(_kernels, in _input, piece.MiddleOffset);
            }
        }

        TorchThreads.For(product.Parts.Length, _multiplyPart);
    }

    private void MultiplyPart(int index)
    {
        DecodeProduct.Part part = _product.Parts[index];
        part.Layer.Multiply(_kernels, part.First, part.Count, in _input, part.MiddleOffset, _y + part.Offset, _product.Width);
    }

    private static void Copy(float* from, float* to, long count) => Buffer.MemoryCopy(from, to, count * sizeof(float), count * sizeof(float));

    private static void Cap(float* numbers, float cap, int count)
    {
        for (int i = 0; i < count; i++)
        {
            numbers[i] = cap * MathF.Tanh(numbers[i] / cap);
        }
    }

    /// <summary>Columns of a row without a hole.</summary>
    /// <param name="Start">The first column.</param>
    /// <param name="Count">How many.</param>
    /// <param name="Place">The first one's place in its row.</param>
    private readonly record struct Run(int Start, int Count, int Place);

    /// <summary>Where heads lie in a row of queries, keys and values.</summary>
    private readonly ref struct HeadPlaces
    {
        private readonly AttentionSpec _spec;

        internal HeadPlaces(AttentionSpec spec, float* start)
        {
            _spec = spec;
            Start = start;
        }

        internal float* Start { get; }

        private int Group => _spec.HeadCount / _spec.KeyHeadCount;

        private bool IsByHead => _spec.Storage == AttentionStorage.FusedByHead;

        internal float* Query(int head) => Start + ((IsByHead ? head + (2 * (head / Group)) : head) * _spec.HeadSize);

        internal float* Key(int head) => Start + ((IsByHead ? (head * (Group + 2)) + Group : _spec.HeadCount + head) * _spec.HeadSize);

        internal float* Value(int head) => Start + ((IsByHead ? (head * (Group + 2)) + Group + 1 : _spec.HeadCount + _spec.KeyHeadCount + head) * _spec.HeadSize);
    }
}
