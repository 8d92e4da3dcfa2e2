using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Puts a training backbone into evaluation mode until it is disposed; one that is there already is not touched.</summary>
internal readonly struct EvaluationMode : IDisposable
{
    private readonly (nn.Module Module, bool Training)[] _modes;

    internal EvaluationMode(LanguageBackbone backbone)
    {
        _modes = backbone.training ? [.. backbone.modules().Prepend(backbone).Select(module => (module, module.training))] : [];
        if (_modes.Length > 0)
        {
            backbone.eval();
        }
    }

    /// <summary>Puts every module's mode back, parent first, since setting one sets everything below it.</summary>
    public void Dispose()
    {
        foreach ((nn.Module module, bool training) in _modes)
        {
            module.train(training);
        }
    }
}
