'use strict';

// Builds the service's zip just before osls looks for it, so that `npx serverless deploy` in a
// service's folder needs no step before it. What goes into the zip: scripts/build_lambda.py.

const { spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');

const root = path.resolve(__dirname, '..', '..');
const venvPython = path.join(root, '.venv', 'bin', 'python');

class BuildLambda {
  constructor(serverless, options, { log }) {
    this.hooks = {
      'before:package:createDeploymentArtifacts': () => {
        const service = path.basename(serverless.serviceDir);
        const stage = serverless.getProvider('aws').getStage();
        const python = fs.existsSync(venvPython) ? venvPython : 'python3';
        const script = path.join(root, 'scripts', 'build_lambda.py');
        const built = spawnSync(python, [script, service, '--stage', stage], { encoding: 'utf8' });
        if (built.status !== 0) {
          throw new serverless.classes.Error(
            `scripts/build_lambda.py ${service} failed:\n${built.stderr || built.error}`
          );
        }
        log.info(built.stdout.trim());
      },
    };
  }
}

module.exports = BuildLambda;
