using static TorchSharp.torch;

namespace MLNet.Dispersion.Backbones.Shared;

/// <summary>Keeps the hidden states that were asked for; the last block's raw output is replaced by the final norm's.</summary>
internal sealed class HiddenStateCollector(HiddenStateSelection selection, int layerCount)
{
    private readonly Tensor?[] _states = new Tensor?[layerCount + 1];

    internal void Add(int index, Tensor state)
    {
        if (index < layerCount && selection.Includes(index))
        {
            _states[index] = state;
        }
    }

    internal BackboneOutput Finish(Tensor normalised)
    {
        _states[layerCount] = selection.Includes(layerCount) ? normalised : null;
        return new BackboneOutput(normalised, _states);
    }
}
