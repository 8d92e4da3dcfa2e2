using MLNet.Dispersion.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Backbones;

public sealed class BackboneMemoryTests
{
    [Fact]
    public void Load_AndDispose_LeavesNoTensorBehind()
    {
        PretrainedLanguageModel.Load(TinyBackbone.Backbone).Dispose();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        for (int i = 0; i < 20; i++)
        {
            PretrainedLanguageModel.Load(TinyBackbone.Backbone).Dispose();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Forward_InAScope_LeavesNoTensorBehind()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        for (int i = 0; i < 20; i++)
        {
            using var scope = NewDisposeScope();
            var ids = tensor(new long[] { 4, 9, 70 + i }, 1, 3);
            model.Backbone.Logits(model.Backbone.Forward(ids, null, HiddenStateSelection.All).LastHiddenState);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
