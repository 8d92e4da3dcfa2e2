using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Where the tokens of one pass stand in their rows, and who may look at whom.</summary>
/// <remarks>
/// A token's place counts the real tokens before it in its row, those of a cache included; where texts share rows, those of its text. Where pads are on the right alone, places are columns. Pads see themselves where they would see nothing,
/// so that their states, which mean nothing, stay finite. Tensors are made in the dispose scope of the constructor's caller, but <see cref="KeyPlaces"/> where it is first asked for.
/// </remarks>
internal sealed class TokenView
{
    private readonly Dictionary<int, Tensor> _windows = [];
    private readonly Tensor? _places;
    private Tensor? _keyPlaces;

    /// <summary>Looks at a batch.</summary>
    /// <param name="inputIds">Its tokens, <c>[B, L]</c>.</param>
    /// <param name="attentionMask">Which are real, <c>[B, L]</c>, bool, those of a row in one run; null when all are.</param>
    /// <param name="isCausal">Whether a token sees only those before it and itself.</param>
    /// <param name="pass">Where earlier tokens are found; null where there is no cache.</param>
    /// <param name="windows">The windows that the blocks have.</param>
    /// <param name="texts">The texts that share rows, of a decoder without a cache; null where each row is one text.</param>
    internal TokenView(Tensor inputIds, Tensor? attentionMask, bool isCausal, CachedPass? pass, IEnumerable<int> windows, PackedTexts? texts = null)
    {
        Device = inputIds.device;
        Columns = inputIds.shape[1];
        Pass = pass;
        bool isRight = attentionMask is null || attentionMask.select(1, 0).all().item<bool>();
        bool hasPast = pass is { HasPast: true };
        IsPlain = isRight && !hasPast && texts is null;
        if (texts is not null)
        {
            _places = texts.Places;
            Allowed = CausalMask.Triangle(Columns, Device).logical_and(texts.Numbers.unsqueeze(2).eq(texts.Numbers.unsqueeze(1)).unsqueeze(1));
        }
        else if (hasPast)
        {
            _places = pass!.Positions(Device);
            Allowed = pass.Allowed(Device);
        }
        else if (!isRight)
        {
            _places = attentionMask!.cumsum(1).Shifted(-1).relu();
            Tensor seen = attentionMask.view(-1, 1, 1, Columns);
            Allowed = isCausal ? CausalMask.Triangle(Columns, Device).logical_and(seen).logical_or(Diagonal()) : seen;
        }
        else if (isCausal)
        {
            Causal = new CausalMask(attentionMask);
            Allowed = Causal.Allowed;
        }
        else
        {
            Allowed = attentionMask?.view(-1, 1, 1, Columns);
        }

        Longest = pass?.Longest ?? (_places is null ? Columns : _places.max().item<long>() + 1);
        int[] reached = [.. windows.Distinct().Where(window => window < Longest)];
        if (reached.Length > 0)
        {
            Tensor distances = (_places ?? Range()).unsqueeze(-1).Plus(KeyPlaces.unsqueeze(-2).neg());
            distances = isCausal ? distances : distances.abs();
            Tensor allowed = Allowed ?? (isCausal ? CausalMask.Triangle(Columns, Device) : ones([1], ScalarType.Bool, Device));
            foreach (int window in reached)
            {
                Tensor near = distances.Below(window).unsqueeze(1).logical_and(allowed);
                _windows[window] = hasPast ? near : near.logical_or(Diagonal());
            }
        }
    }

    /// <summary>Where it runs.</summary>
    internal Device Device { get; }

    /// <summary>New tokens of the longest row (L).</summary>
    internal long Columns { get; }

    /// <summary>The pass that stores keys and values, or null.</summary>
    internal CachedPass? Pass { get; }

    /// <summary>Whether rows are whole, one text each, and pads are on the right alone.</summary>
    internal bool IsPlain { get; }

    /// <summary>The causal rule of a plain view of a decoder; null elsewhere.</summary>
    internal CausalMask? Causal { get; }

    /// <summary>Allowed pairs without a window, <c>[B, 1, L or 1, T]</c>, bool, T being L without a cache; null when the causal rule says it all, or all may be looked at.</summary>
    internal Tensor? Allowed { get; }

    /// <summary>One more than the last place of all rows.</summary>
    internal long Longest { get; }

    /// <summary>The tokens' places, <c>[B, L]</c>, int64; null where they are the columns.</summary>
    internal Tensor? Places => _places;

    /// <summary>The places of those that are looked at, <c>[B or 1, T]</c>, int64.</summary>
    internal Tensor KeyPlaces => _keyPlaces ??= Pass is { HasPast: true } pass ? pass.KeyPositions(Device) : _places ?? Range();

    /// <summary>Allowed pairs within a window that leaves something out, alike; null where it leaves nothing out.</summary>
    internal Tensor? Within(int? window) => window is { } size && _windows.TryGetValue(size, out Tensor? allowed) ? allowed : null;

    private Tensor Range() => TensorNumbers.Range(Columns, Device).unsqueeze(0);

    private Tensor Diagonal() => eye(Columns, dtype: ScalarType.Bool, device: Device);
}
