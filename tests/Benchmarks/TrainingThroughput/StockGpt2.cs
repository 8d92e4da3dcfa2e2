using System.Diagnostics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.TrainingThroughput;

/// <summary>GPT-2 as one writes it in plain TorchSharp: its modules, its AdamW, its cross-entropy, float32, the C library's allocator untouched.</summary>
internal sealed class StockGpt2 : nn.Module<Tensor, Tensor>
{
    private readonly Shape _shape;
    private readonly Embedding tokens;
    private readonly Embedding positions;
    private readonly ModuleList<Block> blocks;
    private readonly LayerNorm norm;

    private StockGpt2(Shape shape, int layers, int features, int heads, int vocabulary)
        : base(nameof(StockGpt2))
    {
        _shape = shape;
        tokens = nn.Embedding(vocabulary, features);
        positions = nn.Embedding(shape.Length, features);
        blocks = new ModuleList<Block>([.. Enumerable.Range(0, layers).Select(_ => new Block(features, heads))]);
        norm = nn.LayerNorm(features);
        RegisterComponents();
        using var noGradient = no_grad();
        foreach (Parameter matrix in parameters().Where(parameter => parameter.dim() == 2))
        {
            matrix.normal_(0, 0.02);
        }
    }

    /// <summary>Logits.</summary>
    public override Tensor forward(Tensor input)
    {
        Tensor state = tokens.forward(input) + positions.forward(arange(_shape.Length));
        foreach (Block block in blocks)
        {
            state = block.forward(state);
        }

        return nn.functional.linear(norm.forward(state), tokens.weight!);
    }

    /// <summary>Seconds of each training step, the first two left out.</summary>
    public static double[] Measure(Shape shape, int steps)
    {
        var (layers, features, heads, vocabulary) = shape.Gpt2Sizes ?? throw new ArgumentException($"Shape {shape.Name} is no GPT-2.");
        using var model = new StockGpt2(shape, layers, features, heads, vocabulary);
        using var optimizer = optim.AdamW(model.parameters(), 1e-4, weight_decay: 0.1);
        var seconds = new List<double>();
        foreach (int[][] rows in shape.Blocks(steps + 2, vocabulary).Chunk(shape.Batch))
        {
            using var scope = NewDisposeScope();
            var watch = Stopwatch.StartNew();
            Tensor ids = tensor(rows.SelectMany(row => row.Select(id => (long)id)).ToArray(), shape.Batch, shape.Length);
            optimizer.zero_grad();
            Tensor logits = model.forward(ids).narrow(1, 0, shape.Length - 1).reshape(-1, vocabulary);
            Tensor loss = nn.functional.cross_entropy(logits, ids.narrow(1, 1, shape.Length - 1).reshape(-1));
            loss.backward();
            nn.utils.clip_grad_norm_(model.parameters(), 1.0);
            optimizer.step();
            seconds.Add(watch.Elapsed.TotalSeconds);
        }

        return [.. seconds.Skip(2)];
    }

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly int _heads;
        private readonly LayerNorm norm1;
        private readonly LayerNorm norm2;
        private readonly Linear input;
        private readonly Linear output;
        private readonly Linear up;
        private readonly Linear down;

        internal Block(int features, int heads)
            : base(nameof(Block))
        {
            _heads = heads;
            norm1 = nn.LayerNorm(features);
            norm2 = nn.LayerNorm(features);
            input = nn.Linear(features, 3 * features);
            output = nn.Linear(features, features);
            up = nn.Linear(features, 4 * features);
            down = nn.Linear(4 * features, features);
            RegisterComponents();
        }

        public override Tensor forward(Tensor state)
        {
            Tensor parts = input.forward(norm1.forward(state)).view(state.shape[0], state.shape[1], 3, _heads, -1).permute(2, 0, 3, 1, 4);
            Tensor attended = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true);
            Tensor middle = state + output.forward(attended.transpose(1, 2).reshape(state.shape));
            return middle + down.forward(Activate(up.forward(norm2.forward(middle))));
        }

        private static Tensor Activate(Tensor inner) =>
#if TORCHSHARP_HAS_TANH_GELU
            nn.functional.gelu(inner, GELU.Approximate.tanh);
#else
            nn.functional.gelu(inner);
#endif
    }
}
